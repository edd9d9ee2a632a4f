//! The command line of `smokercli diff`.

use std::path::PathBuf;

use clap::{Parser, ValueHint};

use crate::cli::options::console_args::ConsoleArgs;
use crate::cli::options::filter_args::FilterArgs;

const OUTPUT: &str = "Output switchers";

const EXAMPLES: &str = "\
Examples:
  smokercli diff before.json after.json
  smokercli baseline -g prod | smokercli diff before.json -

Exit codes:
  0    done; with -e: nothing differs
  69   with -e: something differs, or is not known in either
  1    a baseline or the format cannot be used; 2: the command line cannot be understood";

/// `smokercli diff`.
#[derive(Clone, Debug, Parser)]
#[command(name = "smokercli diff", bin_name = "smokercli diff", after_help = EXAMPLES, args_override_self = true)]
#[command(override_usage = "smokercli diff <BEFORE> <AFTER> [OPTIONS]")]
#[command(about = "Show what differs between two files of smokercli baseline; no host is asked")]
pub(crate) struct DiffArgs {
    /// How hosts were; - is standard input
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) before: PathBuf,
    /// How they are; - is standard input
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) after: PathBuf,

    #[command(flatten)]
    pub(crate) filters: FilterArgs,

    /// Output format: normal / long / json / raw
    #[arg(short = 'o', long = "pretty", value_name = "FORMAT", default_value = "normal", help_heading = OUTPUT)]
    pub(crate) pretty: String,
    /// Nonzero exit code if something differs, or is not known in either
    #[arg(short, long, help_heading = OUTPUT)]
    pub(crate) exitcode: bool,
    #[command(flatten)]
    pub(crate) console: ConsoleArgs,
}
