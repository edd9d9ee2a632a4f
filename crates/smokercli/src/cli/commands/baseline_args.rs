//! The command line of `smokercli baseline`.

use std::path::PathBuf;

use clap::{Parser, ValueHint};

use crate::cli::commands::subcommand::has_options_of_hosts;
use crate::cli::moment::{Moment, parse_moment};
use crate::cli::options::budget_args::BudgetArgs;
use crate::cli::options::console_args::ConsoleArgs;
use crate::cli::options::filter_args::FilterArgs;
use crate::cli::options::host_args::HostArgs;

const BASELINE: &str = "Baseline";

const EXAMPLES: &str = "\
Examples:
  smokercli baseline -g prod -o before.json
  smokercli baseline -g prod --at '2026-11-29T10:00' -o before.json

Exit codes:
  0    the baseline has all hosts with all results, or as many as the budget asks for
  3    it is written, and hosts or results are missing in it
  1    it could not be made; 2: the command line cannot be understood; 130: it was interrupted";

/// `smokercli baseline`.
#[derive(Clone, Debug, Parser)]
#[command(name = "smokercli baseline", bin_name = "smokercli baseline", after_help = EXAMPLES)]
#[command(args_override_self = true, about = "Record how hosts are now, or were, for smokercli gate --against")]
pub(crate) struct BaselineArgs {
    /// The file to write; - is standard output
    #[arg(short = 'o', long, value_name = "FILE", default_value = "-", value_hint = ValueHint::FilePath, help_heading = BASELINE)]
    pub(crate) output: PathBuf,
    /// Take the last results, and run nothing
    #[arg(long, conflicts_with = "at", help_heading = BASELINE)]
    pub(crate) last: bool,
    /// Take the results of this time, of hosts with a journal: 2026-11-29T10:00, also with a zone, 14:30, or how long ago (2h)
    #[arg(long, value_name = "TIME", value_parser = parse_moment, help_heading = BASELINE)]
    pub(crate) at: Option<Moment>,
    #[command(flatten)]
    pub(crate) budget: BudgetArgs,

    #[command(flatten)]
    pub(crate) targets: HostArgs,
    #[command(flatten)]
    pub(crate) filters: FilterArgs,
    #[command(flatten)]
    pub(crate) console: ConsoleArgs,
}

has_options_of_hosts!(BaselineArgs);
