//! What `smokercli roll` does: a command on hosts, batch by batch, each of which the gate has to find good.
//!
//! # Layout
//!
//! - `drive`: goes from one step to the next; `progress`: which step is next, from what has happened
//! - `event`: what happens; `record`: the file that keeps it; `show`: the same for people
//! - `fleet_hosts`: does what a step says; `units`: the commands of a batch; `command`: one of them; `signals`: Ctrl-C meanwhile
//! - `steps`: the sizes of batches; `command_text`: names of hosts in commands; `gate_words`: the options of the gate

mod command;
mod command_text;
mod drive;
mod event;
mod fleet_hosts;
mod gate_words;
mod progress;
mod record;
mod show;
mod signals;
mod steps;
mod units;

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::Path;
use std::time::SystemTime;

use chrono::{DateTime, Utc};

use crate::cli::commands::gate_args::GateArgs;
use crate::cli::commands::roll_args::{DEFAULT_STEPS, NEWEST, RollArgs};
use crate::cli::commands::subcommand::{self, SubcommandLine};
use crate::discovery::plugin_option::PluginOption;
use crate::error::ExitError;
use crate::exit_code;
use crate::gate::Gate;
use crate::inventory::address::{HostAddress, without_password};
use crate::inventory::selection::HostSelection;
use crate::query;
use crate::roll::command_text::{HOST, HOSTS, has, is_plain};
use crate::roll::drive::{Ending, Orders, Recorder, drive};
use crate::roll::event::{Event, Plan, PlannedHost, VERSION};
use crate::roll::fleet_hosts::FleetHosts;
use crate::roll::progress::Progress;
use crate::roll::record::Record;
use crate::roll::signals::Signals;
use crate::roll::units::Limits;
use crate::targets::{self, Targets};
use crate::terminal::console::Console;
use crate::terminal::output;
use crate::trust_store::user_at_host;

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
    let (orders, gate) = (orders(args)?, gate_args(args, plugin_options)?);
    let console = Console::new(query::verbosity(&args.console));
    let gate = Gate::prepare(gate, &targets, &console)?;
    let steps = args.steps.as_deref().unwrap_or(DEFAULT_STEPS);
    let plan = plan(&targets.selection, steps, typed(arguments))?;
    if args.dry_run {
        return output::print(&show::plan(&plan)).map(|()| exit_code::SUCCESS);
    }
    let signals = Signals::taken()?;
    let mut recorder = FileRecorder { record: Record::create(args.state.as_deref(), now())?, plan: plan.clone() };
    recorder.keep(&Event::Begun(plan.clone()))?;
    output::print(&format!("record: {}\n", recorder.record.path().display()))?;
    let mut hosts = FleetHosts::new(targets, gate, limits(args), signals, &console);
    go_on(&mut Progress::new(plan), &orders, &mut recorder, &mut hosts)
}

/// Goes on with a roll: the hosts and the options are those of the record; options that are typed now win. Returns the exit
/// code.
///
/// # Errors
///
/// When the record cannot be used or has come to its end.
pub(crate) fn resume(
    args: &RollArgs,
    arguments: &[OsString],
    plugin_options: &[PluginOption],
) -> Result<u8, ExitError> {
    let hosts = &args.targets;
    let names_hosts = [&hosts.hosts, &hosts.group, &hosts.limit, &hosts.exclude_hosts].iter().any(|it| !it.is_empty());
    if args.steps.is_some() || names_hosts || !hosts.hosts_file.is_empty() || !hosts.inventory.is_empty() {
        return Err(ExitError::usage(
            "--resume goes on with the hosts and the batches of the record; leave --steps and the options of hosts away, or begin a \
             roll of its own",
        ));
    }
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
    let words = plan.arguments.iter().map(OsString::from).chain(arguments.iter().skip(1).cloned());
    let SubcommandLine::Run(args, _) = subcommand::parse::<RollArgs>(words, plugin_options)? else {
        return Err(ExitError::usage("--help and --resume do not go together"));
    };
    let (orders, gate) = (orders(&args)?, gate_args(&args, plugin_options)?);
    let address =
        |host: &PlannedHost| HostAddress { label: host.name.clone(), ..HostAddress::parse(&host.address, "") };
    let selection = HostSelection::of_addresses(plan.hosts.iter().map(address).collect());
    let targets = targets::of_selection(&args.targets, selection)?;
    let console = Console::new(query::verbosity(&args.console));
    let gate = Gate::prepare(gate, &targets, &console)?;
    if args.dry_run {
        return output::print(&show::plan(&plan)).map(|()| exit_code::SUCCESS);
    }
    let signals = Signals::taken()?;
    let mut recorder = FileRecorder { record, plan };
    let resumed = Event::Resumed { arguments: typed(arguments) };
    recorder.keep(&resumed)?;
    progress.apply(&resumed);
    let mut hosts = FleetHosts::new(targets, gate, limits(&args), signals, &console);
    go_on(&mut progress, &orders, &mut recorder, &mut hosts)
}

/// The words of a command line, without passwords of URLs. A command is kept as it is, since it may run again.
fn typed(arguments: &[OsString]) -> Vec<String> {
    let is_url = |word: &str| word.split_once("://").is_some_and(|(scheme, _)| ["http", "https"].contains(&scheme));
    let shown = |word: &str| {
        if is_url(word) && !word.contains(char::is_whitespace) {
            HostAddress::parse(word, "").label
        } else {
            word.to_owned()
        }
    };
    arguments.iter().map(|word| shown(&word.to_string_lossy())).collect()
}

fn go_on(
    progress: &mut Progress,
    orders: &Orders,
    recorder: &mut FileRecorder,
    hosts: &mut FleetHosts<'_>,
) -> Result<u8, ExitError> {
    let ending = drive(progress, orders, recorder, hosts);
    let path = recorder.record.path().display();
    if ending != Ok(Ending::Finished) {
        let untouched = progress.plan().hosts.len() - progress.touched().len();
        let hosts = if untouched == 1 { "1 host is".to_owned() } else { format!("{untouched} hosts are") };
        let resume = format!("{hosts} untouched; to go on: smokercli roll --resume {path}\n");
        output::print(&resume)?;
    }
    Ok(match ending? {
        Ending::Finished => exit_code::SUCCESS,
        Ending::Stopped => exit_code::FAILED_STATE,
        Ending::Interrupted => exit_code::INTERRUPTED,
    })
}

/// Keeps events in the record, then shows them.
struct FileRecorder {
    record: Record,
    plan: Plan,
}

impl Recorder for FileRecorder {
    fn keep(&mut self, event: &Event) -> Result<(), ExitError> {
        self.record.append(event, now())?;
        output::print(&show::lines(event, &self.plan))
    }
}

fn now() -> DateTime<Utc> {
    SystemTime::now().into()
}

fn orders(args: &RollArgs) -> Result<Orders, ExitError> {
    let run = args.run.clone().unwrap_or_default();
    match (has(&run, HOST), has(&run, HOSTS)) {
        (false, false) => Err(ExitError::usage(format!(
            "--run {run:?} does not say where the name of the host goes; write {{host}} in it, or {{hosts}} for one command a batch"
        ))),
        (true, true) => Err(ExitError::usage("--run has both {host} and {hosts}; use one of them")),
        _ => Ok(Orders {
            run,
            budget: args.budget.budget().unwrap_or_default(),
            on_bad: Some(args.on_bad.clone()).filter(|command| command != "stop"),
        }),
    }
}

/// The options of the gate: those of `--gate`, and the filters of the roll.
fn gate_args(args: &RollArgs, plugin_options: &[PluginOption]) -> Result<GateArgs, ExitError> {
    let words = gate_words::options(&args.gate).map_err(ExitError::usage)?;
    let line = std::iter::once("gate".to_owned()).chain(words).map(OsString::from);
    let wrong = |error: ExitError| ExitError::usage(format!("--gate '{}': {}", args.gate, error.message));
    match subcommand::parse::<GateArgs>(line, plugin_options).map_err(wrong)? {
        SubcommandLine::Run(mut gate, _) => {
            gate.filters = gate.filters.with(&args.filters);
            Ok(*gate)
        }
        SubcommandLine::Print(_) => Err(ExitError::usage(format!("--gate '{}' asks for help", args.gate))),
    }
}

fn limits(args: &RollArgs) -> Limits {
    Limits { parallel: args.run_parallel, within: args.run_within }
}

fn plan(selection: &HostSelection, steps: &str, arguments: Vec<String>) -> Result<Plan, ExitError> {
    let mut hosts = Vec::new();
    let mut names = HashSet::new();
    for host in selection.hosts() {
        let HostAddress { label, page } = &host.address;
        let url = page.as_ref().map_err(|problem| ExitError::usage(format!("{label}: {problem}")))?;
        let bare = fleet_hosts::bare_name(label);
        if !is_plain(&bare) {
            return Err(ExitError::usage(format!(
                "{bare:?} cannot be put into a command, in which a shell could take it for something else; name the host by letters, \
                 digits and . - _ : % in the inventory, and its address as smoker_host"
            )));
        }
        if !names.insert(label.as_str()) {
            return Err(ExitError::usage(format!("{label} is there twice, at different addresses; leave one out")));
        }
        hosts.push(PlannedHost { name: label.clone(), address: without_password(url) });
    }
    let ends = steps::ends(steps, hosts.len()).map_err(ExitError::usage)?;
    Ok(Plan { version: VERSION, by: user_at_host(), arguments, hosts, ends })
}
