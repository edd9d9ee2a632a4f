//! The command line of `smokercli gate`.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Parser, ValueHint};

use crate::cli::commands::subcommand::has_options_of_hosts;
use crate::cli::duration::parse_duration;
use crate::cli::options::budget_args::BudgetArgs;
use crate::cli::options::console_args::ConsoleArgs;
use crate::cli::options::filter_args::FilterArgs;
use crate::cli::options::host_args::HostArgs;

/// The formats of `-o`.
pub(crate) const FORMATS: [&str; 14] = [
    "text", "normal", "minimal", "long", "full", "table", "json", "raw", "junit", "tap", "tap14", "markdown", "github",
    "gitlab",
];

const GATE: &str = "Gate";
const OUTPUT: &str = "Output switchers";

const EXAMPLES: &str = "\
Examples:
  smokercli gate -g prod --within 10m --settle 3
  smokercli gate -g prod --against before.json --smoke -o text -o junit=gate.xml

Exit codes:
  0    proceed
  2    the command line cannot be understood
  3    at the deadline something is not settled, or a host is silent
  4    with --fail-on review: proceed, but somebody should look at what has changed
  69   with --against: what was good before is bad or gone
  1    the gate could not be made; 130: it was interrupted";

/// `smokercli gate`.
#[derive(Clone, Debug, Parser)]
#[command(name = "smokercli gate", bin_name = "smokercli gate", after_help = EXAMPLES, args_override_self = true)]
#[command(about = "Run plugins again and again until all of them are good, or the time is over")]
pub(crate) struct GateArgs {
    /// Compare with this file of smokercli baseline; without it everything has to be good
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = GATE)]
    pub(crate) against: Option<PathBuf>,
    /// How long to wait, eg. 10m; the verdict is there within a second of it
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = parse_duration, help_heading = GATE)]
    pub(crate) within: Duration,
    /// How many good rounds in a row settle a plugin or component on its host
    #[arg(long, value_name = "N", default_value = "1", value_parser = parse_rounds, help_heading = GATE)]
    pub(crate) settle: u32,
    /// How soon a round of a host follows the one before, eg. 500ms
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = parse_duration, help_heading = GATE)]
    pub(crate) every: Duration,
    /// What was bad before has to be good, too
    #[arg(long, requires = "against", help_heading = GATE)]
    pub(crate) strict: bool,
    /// Fail for these, too: review, WARN
    #[arg(long, value_name = "WHAT", num_args = 1.., value_delimiter = ',', help_heading = GATE)]
    #[arg(value_parser = PossibleValuesParser::new(["review", "WARN"]), ignore_case = true, hide_possible_values = true)]
    pub(crate) fail_on: Vec<String>,
    #[command(flatten)]
    pub(crate) budget: BudgetArgs,

    #[command(flatten)]
    pub(crate) targets: HostArgs,
    #[command(flatten)]
    pub(crate) filters: FilterArgs,

    /// Output format, with =FILE into a file: text / minimal / long / table / json / junit / tap / markdown / github /
    /// gitlab; may be repeated (default text)
    #[arg(short = 'o', long = "pretty", value_name = "FORMAT[=FILE]", help_heading = OUTPUT)]
    pub(crate) outputs: Vec<String>,
    #[command(flatten)]
    pub(crate) console: ConsoleArgs,
}

has_options_of_hosts!(GateArgs);

fn parse_rounds(text: &str) -> Result<u32, String> {
    text.parse()
        .ok()
        .filter(|rounds| *rounds > 0)
        .ok_or_else(|| format!("has to be a whole number from 1 to {}", u32::MAX))
}
