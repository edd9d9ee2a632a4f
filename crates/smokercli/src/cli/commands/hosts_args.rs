//! The command line of `smokercli hosts`.

use clap::Parser;
use clap::builder::PossibleValuesParser;

use crate::cli::commands::subcommand::has_options_of_hosts;
use crate::cli::options::console_args::ConsoleArgs;
use crate::cli::options::filter_args::FilterArgs;
use crate::cli::options::host_args::HostArgs;

const OUTPUT: &str = "Output switchers";

const EXAMPLES: &str = "\
Examples:
  smokercli hosts --nats nats://nats.example.org
  smokercli hosts --nats -g prod -e

Exit codes:
  0    done; with -e: all hosts are there
  69   with -e: a host is silent or has never reported, or its daemon does not answer
  1    it could not be done; 2: the command line cannot be understood";

/// `smokercli hosts`.
#[derive(Clone, Debug, Parser)]
#[command(name = "smokercli hosts", bin_name = "smokercli hosts", after_help = EXAMPLES, args_override_self = true)]
#[command(about = "Show which hosts have reported to a NATS server: who is there, since when, and which version")]
pub(crate) struct HostsArgs {
    #[command(flatten)]
    pub(crate) targets: HostArgs,
    /// Nothing is asked of plugins.
    #[arg(skip)]
    pub(crate) filters: FilterArgs,

    /// Output format: normal / json / raw / ndjson
    #[arg(short = 'o', long = "pretty", value_name = "FORMAT", default_value = "normal", help_heading = OUTPUT)]
    #[arg(value_parser = PossibleValuesParser::new(["normal", "json", "raw", "ndjson"]), hide_possible_values = true)]
    pub(crate) pretty: String,
    /// Nonzero exit code if a host is silent or has never reported, or its daemon does not answer
    #[arg(short, long, help_heading = OUTPUT)]
    pub(crate) exitcode: bool,
    #[command(flatten)]
    pub(crate) console: ConsoleArgs,
}

has_options_of_hosts!(HostsArgs);
