//! Commands with options of their own: reads their command lines, finds their hosts, and has them run.

pub(crate) mod explain;
pub(crate) mod hosts;
pub(crate) mod silence;

use std::ffi::OsString;

use crate::baseline;
use crate::cli::commands::diff_args::DiffArgs;
use crate::cli::commands::roll_args::RollArgs;
use crate::cli::commands::subcommand::{self, Subcommand, SubcommandLine};
use crate::cli::trust_args::{self, TrustCommandLine};
use crate::config::ClientConfig;
use crate::diff;
use crate::discovery::Discovery;
use crate::error::ExitError;
use crate::exit_code;
use crate::gate;
use crate::odd;
use crate::query;
use crate::roll;
use crate::targets::{self, DiscoveryArguments, Targets};
use crate::terminal::console::Console;
use crate::terminal::output;
use crate::trust;

/// Runs the command that the first word names, and returns the exit code; none when the first word names no command.
/// `arguments` begin with the program's name.
pub(crate) fn run(arguments: &[OsString], config: &ClientConfig) -> Option<Result<u8, ExitError>> {
    let words = arguments.get(1..)?;
    Some(match words.first()?.to_str()? {
        "trust" => run_trust(words, config),
        "gate" => command(words, config, gate::run),
        "odd" => command(words, config, odd::run),
        "roll" => run_roll(words, config),
        "silence" => command(words, config, silence::run),
        "hosts" => command(words, config, hosts::run),
        "explain" => command(words, config, explain::run),
        "baseline" => command(words, config, baseline::run),
        "diff" => run_diff(words),
        _ => return None,
    })
}

fn run_trust(words: &[OsString], config: &ClientConfig) -> Result<u8, ExitError> {
    match trust_args::parse(words.iter().cloned())? {
        TrustCommandLine::Print(text) => output::print(&text).map(|()| exit_code::SUCCESS),
        TrustCommandLine::Run(command) => trust::run(&command, config),
    }
}

fn run_diff(words: &[OsString]) -> Result<u8, ExitError> {
    match subcommand::parse::<DiffArgs>(words.iter().cloned(), &[])? {
        SubcommandLine::Print(text) => output::print(&text).map(|()| exit_code::SUCCESS),
        SubcommandLine::Run(args, _) => diff::run(&args),
    }
}

/// A command that asks hosts: finds them, and has it run.
fn command<T: Subcommand>(
    words: &[OsString],
    config: &ClientConfig,
    run: impl Fn(&T, &Targets, &Console) -> Result<u8, ExitError>,
) -> Result<u8, ExitError> {
    match found::<T>(words, config)? {
        Found::Print(text) => output::print(&text).map(|()| exit_code::SUCCESS),
        Found::Hosts(args, targets, console) => run(&args, &targets, &console),
    }
}

/// A command line, with the hosts that it names.
pub(crate) enum Found<T> {
    /// It asks for this text, such as the help.
    Print(String),
    /// The options, the hosts, and standard error, on which the warnings of the configuration are.
    Hosts(Box<T>, Box<Targets>, Console),
}

/// Reads a command line and finds its hosts.
///
/// # Errors
///
/// When it cannot be understood, or names no hosts.
pub(crate) fn found<T: Subcommand>(words: &[OsString], config: &ClientConfig) -> Result<Found<T>, ExitError> {
    let discovery = targets::discovery(config);
    let (args, typed) = match subcommand::parse::<T>(words.iter().cloned(), &discovery.options())? {
        SubcommandLine::Print(text) => return Ok(Found::Print(text)),
        SubcommandLine::Run(args, typed) => (args, typed),
    };
    if let Some(text) = args.text() {
        return Ok(Found::Print(text));
    }
    let console = console(&*args, config, &discovery);
    let targets = targets_of(&*args, &typed, discovery, config, &console)?;
    Ok(Found::Hosts(args, Box::new(targets), console))
}

/// A roll: finds its hosts, or goes on with those of a record.
fn run_roll(words: &[OsString], config: &ClientConfig) -> Result<u8, ExitError> {
    let discovery = targets::discovery(config);
    let options = discovery.options();
    let (args, typed) = match subcommand::parse::<RollArgs>(words.iter().cloned(), &options)? {
        SubcommandLine::Print(text) => return output::print(&text).map(|()| exit_code::SUCCESS),
        SubcommandLine::Run(args, typed) => (args, typed),
    };
    let console = console(&*args, config, &discovery);
    if args.resume.is_some() {
        let hosts_of = |args: &RollArgs, typed: &[String]| targets_of(args, typed, discovery, config, &console);
        let reached = |args: &RollArgs, hosts| targets::of_selection(&args.targets, hosts, config);
        return roll::resume(&args, words, &options, hosts_of, reached);
    }
    let targets = targets_of(&*args, &typed, discovery, config, &console)?;
    roll::begin(&args, targets, words, &options)
}

/// The console of a command, on which the warnings of the configuration are.
fn console(args: &impl Subcommand, config: &ClientConfig, discovery: &Discovery) -> Console {
    let console = Console::new(query::verbosity(args.console()));
    for warning in config.warnings.iter().chain(discovery.warnings()) {
        console.warn(warning);
    }
    console
}

/// The hosts of a command. `typed` are the options of discovery plugins.
fn targets_of(
    args: &impl Subcommand,
    typed: &[String],
    discovery: Discovery,
    config: &ClientConfig,
    console: &Console,
) -> Result<Targets, ExitError> {
    let known = targets::shared_options(args.targets(), args.filters(), args.console());
    targets::find(args.targets(), discovery, DiscoveryArguments { typed, known: &known }, config, console)
}
