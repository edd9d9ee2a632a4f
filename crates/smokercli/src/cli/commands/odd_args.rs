//! The command line of `smokercli odd`.

use clap::Parser;

use crate::cli::commands::subcommand::has_options_of_hosts;
use crate::cli::options::console_args::ConsoleArgs;
use crate::cli::options::filter_args::FilterArgs;
use crate::cli::options::host_args::HostArgs;

const ODD: &str = "Odd";
const OUTPUT: &str = "Output switchers";

const EXAMPLES: &str = "\
Examples:
  smokercli odd -g prod
  smokercli odd -s 'web[01-40]' -p fsmount -f -o long

Exit codes:
  0    done; with -e: all hosts answer, and all answer alike
  69   with -e: hosts differ, or one is silent
  1    there is nothing to compare, or it could not be done; 2: the command line cannot be understood
  130  it was interrupted";

/// `smokercli odd`.
#[derive(Clone, Debug, Parser)]
#[command(name = "smokercli odd", bin_name = "smokercli odd", after_help = EXAMPLES, args_override_self = true)]
#[command(about = "Show which hosts answer otherwise than most, and what these have in common")]
pub(crate) struct OddArgs {
    /// Run the plugins, and compare the results of these runs
    #[arg(short, long, help_heading = ODD)]
    pub(crate) force: bool,

    #[command(flatten)]
    pub(crate) targets: HostArgs,
    #[command(flatten)]
    pub(crate) filters: FilterArgs,

    /// Output format: normal / long / json / raw
    #[arg(short = 'o', long = "pretty", value_name = "FORMAT", default_value = "normal", help_heading = OUTPUT)]
    pub(crate) pretty: String,
    /// Nonzero exit code if hosts differ, or one is silent
    #[arg(short, long, help_heading = OUTPUT)]
    pub(crate) exitcode: bool,
    #[command(flatten)]
    pub(crate) console: ConsoleArgs,
}

has_options_of_hosts!(OddArgs);
