//! The options that say how much is written to a terminal, and in which colours.

use clap::Args;
use clap::builder::PossibleValuesParser;

const OUTPUT: &str = "Output switchers";

// No doc comment: clap would print it as the text of the command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(crate) struct ConsoleArgs {
    /// Use colors: auto (on a terminal), always, never
    #[arg(long, value_name = "WHEN", default_value = "auto", help_heading = OUTPUT)]
    #[arg(value_parser = PossibleValuesParser::new(["auto", "always", "never"]), hide_possible_values = true)]
    pub(crate) color: String,
    /// Don't use colors in output
    #[arg(long, help_heading = OUTPUT)]
    pub(crate) no_colors: bool,
    /// Don't show progress
    #[arg(long, help_heading = OUTPUT)]
    pub(crate) no_progress: bool,
    /// Log every request to standard error
    #[arg(short, long, help_heading = OUTPUT)]
    pub(crate) verbose: bool,
    /// Log more details to standard error
    #[arg(short, long, help_heading = OUTPUT)]
    pub(crate) debug: bool,
}
