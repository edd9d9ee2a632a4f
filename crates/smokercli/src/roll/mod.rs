//! What `smokercli roll` does: a command on hosts, batch by batch, each of which the gate has to find good.
//!
//! # Layout
//!
//! - `drive`: goes from one step to the next; `progress`: which step is next, from what has happened
//! - `event`: what happens; `record`: the file that keeps it; `show`: the same for people
//! - `planning`: the plan, and whether it is still that of the command line
//! - `fleet_hosts`: does what a step says; `units`: the commands of a batch; `command`: one of them; `signals`: Ctrl-C meanwhile
//! - `steps`: the sizes of batches; `command_text`: names of hosts in commands; `gate_words`: the options of the gate

mod command;
mod command_text;
mod drive;
mod event;
mod fleet_hosts;
mod gate_words;
mod planning;
mod progress;
mod record;
mod show;
mod signals;
mod steps;
mod units;

use std::env;
use std::ffi::OsString;
use std::path::Path;
use std::time::SystemTime;

use chrono::{DateTime, Utc};

use crate::cli::commands::gate_args::GateArgs;
use crate::cli::commands::roll_args::{DEFAULT_STEPS, NEWEST, RollArgs};
use crate::cli::commands::subcommand::{self, SubcommandLine};
use crate::cli::options::filter_args::FilterArgs;
use crate::discovery::plugin_option::PluginOption;
use crate::error::ExitError;
use crate::exit_code;
use crate::gate::Gate;
use crate::inventory::selection::HostSelection;
use crate::query;
use crate::roll::command_text::{HOST, HOSTS, has};
use crate::roll::drive::{Ending, Orders, Recorder, drive};
use crate::roll::event::{Event, Plan};
use crate::roll::fleet_hosts::FleetHosts;
use crate::roll::progress::Progress;
use crate::roll::record::Record;
use crate::roll::signals::Signals;
use crate::roll::units::Limits;
use crate::targets::Targets;
use crate::targets::inputs::InputFiles;
use crate::terminal::console::Console;
use crate::terminal::output;

/// Begins a roll over these hosts. `arguments` is the command line, `roll` first. Returns the exit code.
///
/// # Errors
///
/// When it cannot be begun, or the record cannot be written.
pub(crate) fn begin(
    args: &RollArgs,
    targets: Targets,
    arguments: &[OsString],
    plugin_options: &[PluginOption],
) -> Result<u8, ExitError> {
    output::check_open()?;
    let (orders, gate) = (orders(args)?, gate_args(args, plugin_options)?);
    let console = Console::new(query::verbosity(&args.console));
    let gate = Gate::prepare(gate, &targets, &console)?;
    let steps = args.steps.as_deref().unwrap_or(DEFAULT_STEPS);
    let plan = planning::plan(&targets.selection, steps, planning::without_passwords(arguments))?;
    if args.dry_run {
        return output::print(&show::plan(&plan)).map(|()| exit_code::SUCCESS);
    }
    // A record among inventories would be taken for one by the next call.
    args.state.iter().try_for_each(|path| InputFiles::of(&args.targets).check("--state", path))?;
    let signals = Signals::taken()?;
    let record = Record::create(args.state.as_deref(), now())?;
    let mut recorder = FileRecorder::new(record, plan.clone());
    recorder.keep(&Event::Begun(plan.clone()))?;
    recorder.print(&format!("record: {}\n", recorder.record.path().display()));
    let mut hosts = FleetHosts::new(targets, gate, limits(args), signals, &console);
    go_on(&mut Progress::new(plan), &orders, &mut recorder, &mut hosts)
}

/// Goes on with a roll: the hosts and the options are those of the record; options that are typed now win. `hosts_of` finds the
/// hosts of a command line, with the options of discovery plugins; `reached` says how hosts are reached. Returns the exit code.
///
/// # Errors
///
/// When the record cannot be used or has come to its end, or hosts or batches are typed that are not those of the record.
pub(crate) fn resume(
    args: &RollArgs,
    arguments: &[OsString],
    plugin_options: &[PluginOption],
    hosts_of: impl FnOnce(&RollArgs, &[String]) -> Result<Targets, ExitError>,
    reached: impl FnOnce(&RollArgs, HostSelection) -> Result<Targets, ExitError>,
) -> Result<u8, ExitError> {
    output::check_open()?;
    let named = args.resume.as_ref().filter(|path| **path != Path::new(NEWEST)).or(args.state.as_ref());
    let path = named.map_or_else(record::newest_open, |path| Ok(path.clone()))?;
    let (record, events) = Record::open(&path)?;
    let Some(Event::Begun(plan)) = events.first().cloned() else {
        return Err(ExitError::new(format!("{} has no plan", path.display())));
    };
    let mut progress = Progress::new(plan.clone());
    for event in &events {
        progress.apply(event);
    }
    if progress.is_finished() {
        let path = path.display();
        return Err(ExitError::new(format!("the roll of {path} has come to its end; nothing is left to do")));
    }
    let console = Console::new(query::verbosity(&args.console));
    let parsed = |more: &[OsString]| {
        let words = plan.arguments.iter().map(OsString::from).chain(more.iter().cloned());
        match subcommand::parse::<RollArgs>(words, plugin_options)? {
            SubcommandLine::Run(args, of_plugins) => Ok((args, of_plugins)),
            SubcommandLine::Print(_) => Err(ExitError::usage("--help and --resume do not go together")),
        }
    };
    let typed_now = arguments.get(1..).unwrap_or_default();
    let begun = parsed(&[])?;
    // What is typed now is meant for this folder, what is on record for the one in which the roll was begun.
    if planning::names_hosts(&args.targets) || args.steps.is_some() {
        planning::check_typed(&plan, &record, args, &begun, hosts_of)?;
        go_to_folder(&plan, &console);
    } else {
        go_to_folder(&plan, &console);
        planning::warn_of_changes(&plan, &begun, hosts_of, &console);
    }
    let mut resumed = parsed(typed_now)?.0;
    if args.filters != FilterArgs::default() {
        // Behind those of the record they would choose other plugins than was typed.
        resumed.filters = args.filters.clone();
    }
    let args = resumed;
    let (orders, gate) = (orders(&args)?, gate_args(&args, plugin_options)?);
    let targets = reached(&args, planning::selection(&plan))?;
    let gate = Gate::prepare(gate, &targets, &console)?;
    if args.dry_run {
        return output::print(&show::plan(&plan)).map(|()| exit_code::SUCCESS);
    }
    let signals = Signals::taken()?;
    let mut recorder = FileRecorder::new(record, plan);
    let begun_with = show::begun_with(recorder.record.path(), progress.plan());
    recorder.print(&begun_with);
    tell_undone(&progress, &mut recorder, &console);
    let resumed = Event::Resumed { arguments: planning::without_passwords(arguments) };
    recorder.keep(&resumed)?;
    progress.apply(&resumed);
    let mut hosts = FleetHosts::new(targets, gate, limits(&args), signals, &console);
    go_on(&mut progress, &orders, &mut recorder, &mut hosts)
}

/// What a command of `--on-bad` may have undone is not done.
fn tell_undone(progress: &Progress, recorder: &mut FileRecorder, console: &Console) {
    let undone = progress.undone();
    if !undone.is_empty() {
        recorder.print(&show::undone(&undone));
    }
    if progress.has_unnamed_undoing() {
        console.warn(
            "a command of --on-bad has run since, and names no host: what it has undone on hosts whose command has succeeded stays so; write \
             {touched} in it, and these commands run again",
        );
    }
}

/// Commands and files may be named as seen from the folder in which the roll was begun.
fn go_to_folder(plan: &Plan, console: &Console) {
    if let Some(folder) = &plan.folder
        && let Err(error) = env::set_current_dir(folder)
    {
        console.warn(&format!("the roll was begun in {folder}, and goes on elsewhere: {error}"));
    }
}

fn go_on(
    progress: &mut Progress,
    orders: &Orders,
    recorder: &mut FileRecorder,
    hosts: &mut FleetHosts<'_>,
) -> Result<u8, ExitError> {
    let ending = drive(progress, orders, recorder, hosts);
    if ending != Ok(Ending::Finished) {
        let untouched = progress.plan().hosts.len() - progress.touched().len();
        let hosts = if untouched == 1 { "1 host is".to_owned() } else { format!("{untouched} hosts are") };
        recorder.print(&format!("{hosts} untouched; to go on: {}\n", recorder.record.resume_command()));
    }
    let ending = ending?;
    recorder.unprinted.take().map_or(Ok(()), Err)?;
    if ending == Ending::Interrupted && recorder.has_no_reader {
        return Err(ExitError::new("interrupted: nobody reads standard output any more"));
    }
    Ok(match ending {
        Ending::Finished => exit_code::SUCCESS,
        Ending::Stopped => exit_code::FAILED_STATE,
        Ending::Interrupted => exit_code::INTERRUPTED,
    })
}

/// Keeps events in the record, then shows them.
struct FileRecorder {
    record: Record,
    plan: Plan,
    /// Why something could not be shown.
    unprinted: Option<ExitError>,
    /// Whether the reader of a pipe is gone.
    has_no_reader: bool,
}

impl FileRecorder {
    fn new(record: Record, plan: Plan) -> Self {
        Self { record, plan, unprinted: None, has_no_reader: false }
    }

    /// Shows a text. Where that is not possible, as on a terminal that is closed or in a pipe whose reader has gone, the roll is
    /// interrupted: what runs comes to its end and is kept, and nothing begins of which nobody would read but `--on-bad`.
    fn print(&mut self, text: &str) {
        match output::print_while_read(text) {
            Ok(true) => {}
            Ok(false) => self.has_no_reader = true,
            Err(error) => {
                self.unprinted.get_or_insert(error);
            }
        }
    }
}

impl Recorder for FileRecorder {
    fn keep(&mut self, event: &Event) -> Result<(), ExitError> {
        self.record.append(event, now())?;
        let lines = show::lines(event, &self.plan);
        self.print(&lines);
        Ok(())
    }

    fn is_unread(&self) -> bool {
        self.has_no_reader || self.unprinted.is_some()
    }
}

fn now() -> DateTime<Utc> {
    SystemTime::now().into()
}

fn orders(args: &RollArgs) -> Result<Orders, ExitError> {
    let run = args.run.clone().unwrap_or_default();
    if args.on_bad.trim().is_empty() {
        return Err(ExitError::usage("--on-bad names no command; write stop, or a command"));
    }
    match (has(&run, HOST), has(&run, HOSTS)) {
        (false, false) => Err(ExitError::usage(format!(
            "--run {run:?} does not say where the name of the host goes; write {{host}} in it, or {{hosts}} for one command a batch"
        ))),
        (true, true) => Err(ExitError::usage("--run has both {host} and {hosts}; use one of them")),
        _ => Ok(Orders {
            run,
            budget: args.budget.budget().unwrap_or_default(),
            on_bad: Some(args.on_bad.clone()).filter(|command| !command.trim().eq_ignore_ascii_case("stop")),
        }),
    }
}

/// The options of the gate: those of `--gate`, and the filters of the roll.
fn gate_args(args: &RollArgs, plugin_options: &[PluginOption]) -> Result<GateArgs, ExitError> {
    let wrong = |reason: &str| ExitError::usage(format!("--gate '{}': {reason}", args.gate));
    let parsed = |words: Vec<String>| {
        let line = std::iter::once("gate".to_owned()).chain(words).map(OsString::from);
        match subcommand::parse::<GateArgs>(line, plugin_options).map_err(|error| wrong(&error.message))? {
            SubcommandLine::Run(gate, _) => Ok(*gate),
            SubcommandLine::Print(_) => Err(wrong("it asks for help")),
        }
    };
    let names = subcommand::option_names::<GateArgs>(plugin_options);
    let words = gate_words::read(&args.gate, &names).map_err(ExitError::usage)?;
    let hint = words.hint();
    let gate = parsed(words.options).map_err(|error| ExitError { message: error.message + &hint, ..error });
    let mut gate = gate?;
    if let Some(reason) = not_of_a_roll(&gate, &parsed(Vec::new())?) {
        return Err(wrong(reason));
    }
    gate.filters = gate.filters.with(&args.filters);
    Ok(gate)
}

/// Why a roll cannot do what these options of the gate say: it would not be done, and nobody would notice. `default` is a gate
/// without any.
fn not_of_a_roll(gate: &GateArgs, default: &GateArgs) -> Option<&'static str> {
    if gate.fail_on.iter().any(|named| named.eq_ignore_ascii_case("review")) {
        Some("a roll goes on or stops, and shows nobody what should be looked at; leave fail-on review out")
    } else if gate.targets != default.targets {
        Some("the hosts, and how they are asked, are those of the roll; give these options to the roll itself")
    } else if gate.budget != default.budget {
        Some("one budget counts for all batches; give --allow-bad and --min-ok to the roll itself")
    } else if gate.outputs != default.outputs || gate.console != default.console {
        Some("a roll prints no report of the gate, and its record has each verdict; leave such options out")
    } else {
        None
    }
}

fn limits(args: &RollArgs) -> Limits {
    Limits { parallel: args.run_parallel, within: args.run_within }
}
