//! The command line of `smokercli roll`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueHint};

use crate::cli::commands::subcommand::has_options_of_hosts;
use crate::cli::duration::parse_duration;
use crate::cli::options::budget_args::BudgetArgs;
use crate::cli::options::console_args::ConsoleArgs;
use crate::cli::options::filter_args::FilterArgs;
use crate::cli::options::host_args::{HostArgs, parse_count};

const ROLL: &str = "Roll";

/// The steps of a roll that says nothing of them.
pub(crate) const DEFAULT_STEPS: &str = "1,5%,25%,100%";

/// Stands for the newest record.
pub(crate) const NEWEST: &str = "newest";

const EXAMPLES: &str = "\
Examples:
  smokercli roll -g prod --run 'ssh {host} deploy' --gate 'within 5m, settle 2'
  smokercli roll -g prod --run 'ansible-playbook x.yml -l {hosts}' --allow-bad 2
  smokercli roll --resume

Exit codes:
  0    all batches are done, within the budget
  69   stopped: more hosts are bad than the budget allows
  1    it could not be done; 2: the command line cannot be understood; 130: it was interrupted";

/// `smokercli roll`.
#[derive(Clone, Debug, Parser)]
#[command(name = "smokercli roll", bin_name = "smokercli roll", after_help = EXAMPLES, args_override_self = true)]
#[command(about = "Run a command on hosts batch by batch, and go on while the gate finds them good")]
pub(crate) struct RollArgs {
    /// How many hosts are done by the end of each batch, as numbers or shares of all (default 1,5%,25%,100%)
    #[arg(long, value_name = "N|N%,...", help_heading = ROLL)]
    pub(crate) steps: Option<String>,
    /// The command for each host, whose name takes the place of {host}, or for each batch, with {hosts}
    #[arg(long, value_name = "COMMAND", required_unless_present = "resume", help_heading = ROLL)]
    pub(crate) run: Option<String>,
    /// How long a command may take, eg. 90s
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = parse_duration, help_heading = ROLL)]
    pub(crate) run_within: Duration,
    /// How many commands may run at once
    #[arg(long, value_name = "N", default_value = "16", value_parser = parse_count, help_heading = ROLL)]
    pub(crate) run_parallel: usize,
    /// Options of smokercli gate for the hosts of each batch, eg. 'within 5m, settle 2'
    #[arg(long, value_name = "WORDS", default_value = "", hide_default_value = true, help_heading = ROLL)]
    pub(crate) gate: String,
    /// When more hosts are bad than the budget allows: stop, or run this command and stop
    #[arg(long, value_name = "stop|COMMAND", default_value = "stop", help_heading = ROLL)]
    pub(crate) on_bad: String,
    /// A new file for the record (default: one in ~/.local/state/smoker/rolls)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = ROLL)]
    pub(crate) state: Option<PathBuf>,
    /// Go on with the roll of this record; without a name, or by the name newest, with the newest roll, unless it has ended
    #[arg(long, value_name = "RECORD", num_args = 0..=1, default_missing_value = NEWEST, help_heading = ROLL)]
    pub(crate) resume: Option<PathBuf>,
    /// Show the batches, and do nothing
    #[arg(long, help_heading = ROLL)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) budget: BudgetArgs,

    #[command(flatten)]
    pub(crate) targets: HostArgs,
    #[command(flatten)]
    pub(crate) filters: FilterArgs,
    #[command(flatten)]
    pub(crate) console: ConsoleArgs,
}

has_options_of_hosts!(RollArgs);
