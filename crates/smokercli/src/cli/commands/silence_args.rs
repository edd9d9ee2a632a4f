//! The command line of `smokercli silence`.

use std::time::Duration;

use clap::Parser;
use clap::builder::PossibleValuesParser;

use crate::cli::commands::subcommand::has_options_of_hosts;
use crate::cli::duration::parse_duration;
use crate::cli::options::console_args::ConsoleArgs;
use crate::cli::options::filter_args::FilterArgs;
use crate::cli::options::host_args::HostArgs;

const SILENCE: &str = "Silences";

const EXAMPLES: &str = "\
Examples:
  smokercli silence -g prod --for 30m --reason 'deploy 1.2'
  smokercli silence -s web07                # the silences that there are
  smokercli silence -s web07 --end all

Exit codes:
  0    every host has answered
  1    a host has not, or refuses; 2: the command line cannot be understood; 130: it was interrupted";

/// `smokercli silence`.
#[derive(Clone, Debug, Parser)]
#[command(name = "smokercli silence", bin_name = "smokercli silence", after_help = EXAMPLES)]
#[command(args_override_self = true, about = "Have no action follow the results of plugins until a time")]
pub(crate) struct SilenceArgs {
    /// How long, eg. 30m, 1h30m, 1d; without it and --end: show the silences that there are
    #[arg(long = "for", value_name = "DURATION", requires = "reason", conflicts_with = "end", help_heading = SILENCE)]
    #[arg(value_parser = parse_duration)]
    pub(crate) lasts: Option<Duration>,
    /// Why; every output shows it
    #[arg(long, value_name = "TEXT", requires = "lasts", help_heading = SILENCE)]
    pub(crate) reason: Option<String>,
    /// End the silence of this number, or all, before its time
    #[arg(long, value_name = "N|all", value_parser = parse_end, help_heading = SILENCE)]
    pub(crate) end: Option<SilenceEnd>,
    /// Output format: text / json / raw / ndjson
    #[arg(short = 'o', long, value_name = "FORMAT", default_value = "text", help_heading = SILENCE)]
    #[arg(value_parser = PossibleValuesParser::new(["text", "json", "raw", "ndjson"]), hide_possible_values = true)]
    pub(crate) pretty: String,

    #[command(flatten)]
    pub(crate) targets: HostArgs,
    #[command(flatten)]
    pub(crate) filters: FilterArgs,
    #[command(flatten)]
    pub(crate) console: ConsoleArgs,
}

/// Which silences end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SilenceEnd {
    /// That of this number.
    Number(u64),
    /// All of the host.
    All,
}

has_options_of_hosts!(SilenceArgs);

fn parse_end(text: &str) -> Result<SilenceEnd, String> {
    if text == "all" {
        return Ok(SilenceEnd::All);
    }
    text.parse().map(SilenceEnd::Number).map_err(|_| "has to be the number of a silence, or all".to_owned())
}
