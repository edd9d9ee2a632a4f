//! The command line of `check_smoker_plugin`. No type of the parser leaves this file.

use std::ffi::OsString;
use std::time::Duration;

use clap::{CommandFactory, FromArgMatches, Parser, ValueHint};
use clap_complete::Shell;

use crate::cli::abbreviation;
use crate::cli::completions;
use crate::cli::seconds::parse_seconds;
use crate::error::Failure;

/// The original's long options, whose prefixes keep their meaning.
const ORIGINAL: [&str; 5] = ["help", "force", "category", "component", "health"];

/// What was typed.
#[derive(Clone, Debug, Default, Parser)]
#[command(name = "check_smoker_plugin", about = "Smoker Nagios plugin", disable_help_flag = true)]
#[command(disable_version_flag = true, args_override_self = true, version)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(crate) struct CheckArgs {
    /// Plugin to check
    #[arg(value_name = "plugin")]
    pub(crate) names: Vec<String>,
    /// Show this help and exit
    #[arg(short, long)]
    help: bool,
    /// Force plugins run (otherwise just print last results)
    #[arg(short, long)]
    pub(crate) force: bool,
    /// The category of tests to run
    #[arg(long)]
    pub(crate) category: Option<String>,
    /// The tests component to run
    #[arg(long)]
    pub(crate) component: Option<String>,
    /// Run only healthchecks
    #[arg(long)]
    pub(crate) health: bool,
    /// The daemon to ask
    #[arg(short = 'H', long = "hostname", value_name = "HOST[:PORT]", default_value = "localhost")]
    #[arg(value_hint = ValueHint::Hostname)]
    pub(crate) host: String,
    /// Answer UNKNOWN just before so many seconds have passed (default: wait)
    #[arg(short, long, value_name = "SECONDS", value_parser = parse_seconds)]
    pub(crate) timeout: Option<Duration>,
    /// Show the version and exit
    #[arg(short = 'V', long)]
    version: bool,
    /// Print completions for this shell
    #[arg(long, value_name = "SHELL", hide = true)]
    generate: Option<Shell>,
}

/// What a command line asks for.
#[derive(Clone, Debug)]
pub(crate) enum Request {
    /// To check.
    Check(CheckArgs),
    /// To print this and leave.
    Print(String),
}

/// Reads a command line, the program's name first.
///
/// # Errors
///
/// When it cannot be understood.
pub(crate) fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Request, Failure> {
    let mut command = CheckArgs::command();
    let names: Vec<_> = command.get_arguments().filter_map(|arg| arg.get_long().map(str::to_owned)).collect();
    let arguments = abbreviation::expand(arguments, &ORIGINAL, &names)?;
    let usage = |error: clap::Error| {
        let text = error.render().to_string();
        Failure::usage(text.strip_prefix("error: ").unwrap_or(&text).trim_end())
    };
    let matches = command.try_get_matches_from_mut(arguments).map_err(usage)?;
    let args = CheckArgs::from_arg_matches(&matches).map_err(usage)?;
    Ok(if args.help {
        Request::Print(command.render_help().to_string())
    } else if args.version {
        Request::Print(command.render_version())
    } else if let Some(shell) = args.generate {
        Request::Print(completions::of(command, shell))
    } else {
        Request::Check(args)
    })
}
