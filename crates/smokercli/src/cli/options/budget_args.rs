//! The options that say how many bad hosts are allowed.

use clap::Args;
use smoker_model::verdict::budget::{Budget, Share};

const OUTPUT: &str = "Output switchers";

// No doc comment: clap would print it as the text of the command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Args)]
pub(crate) struct BudgetArgs {
    /// How many hosts may be bad, as a number or as a share such as 1%
    #[arg(long, value_name = "N|N%", help_heading = OUTPUT, value_parser = Share::parse)]
    allow_bad: Option<Share>,
    /// How many hosts have to be good, as a number or as a share such as 99%
    #[arg(long, value_name = "N|N%", help_heading = OUTPUT, value_parser = Share::parse)]
    min_ok: Option<Share>,
}

impl BudgetArgs {
    /// The budget, if any option gives one.
    pub(crate) fn budget(self) -> Option<Budget> {
        let Self { allow_bad, min_ok } = self;
        (allow_bad.is_some() || min_ok.is_some()).then_some(Budget { allow_bad, min_ok })
    }
}
