//! The command line of `smokercli explain`.

use clap::Parser;
use clap::builder::PossibleValuesParser;

use crate::cli::commands::subcommand::Subcommand;
use crate::cli::options::console_args::ConsoleArgs;
use crate::cli::options::filter_args::FilterArgs;
use crate::cli::options::host_args::HostArgs;

const EXAMPLES: &str = "\
Examples:
  smokercli explain Backup -s web07
  smokercli explain Backup -g prod -o ndjson

Exit codes:
  0    every host has explained it
  1    a host has not; 2: the command line cannot be understood; 130: it was interrupted";

/// `smokercli explain`.
#[derive(Clone, Debug, Parser)]
#[command(name = "smokercli explain", bin_name = "smokercli explain", after_help = EXAMPLES, args_override_self = true)]
#[command(override_usage = "smokercli explain <PLUGIN> [OPTIONS]")]
#[command(about = "Explain a plugin: when it runs, what is in the way, and where its configuration is written")]
pub(crate) struct ExplainArgs {
    /// The name of the plugin
    #[arg(value_name = "PLUGIN")]
    pub(crate) plugin: String,
    /// Output format: text / json / raw / ndjson
    #[arg(short = 'o', long, value_name = "FORMAT", default_value = "text", help_heading = "Output switchers")]
    #[arg(value_parser = PossibleValuesParser::new(["text", "json", "raw", "ndjson"]), hide_possible_values = true)]
    pub(crate) pretty: String,

    #[command(flatten)]
    pub(crate) targets: HostArgs,
    #[command(flatten)]
    pub(crate) console: ConsoleArgs,
    /// The plugin is named, so that there is nothing to filter.
    #[arg(skip)]
    no_filters: FilterArgs,
}

impl Subcommand for ExplainArgs {
    fn targets(&self) -> &HostArgs {
        &self.targets
    }

    fn filters(&self) -> &FilterArgs {
        &self.no_filters
    }

    fn console(&self) -> &ConsoleArgs {
        &self.console
    }
}
