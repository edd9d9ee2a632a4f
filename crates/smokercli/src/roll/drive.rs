//! Takes a roll from one step to the next until it is done, over its budget or interrupted.

use smoker_model::verdict::budget::Budget;

use crate::error::ExitError;
use crate::roll::command_text::{HOST, HOSTS, TOUCHED, filled, has};
use crate::roll::event::{BadHost, Event};
use crate::roll::progress::{Next, Progress};

/// How a roll ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// All batches are done, within the budget.
    Finished,
    /// More hosts are bad than the budget allows.
    Stopped,
    /// A signal.
    Interrupted,
}

/// A command for one host, or for all hosts of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) hosts: Vec<String>,
    pub(super) command: String,
}

/// The verdict of the gate on some hosts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct GateReport {
    pub(super) milliseconds: u64,
    pub(super) bad: Vec<BadHost>,
    pub(super) summary: String,
}

/// Where events go. What is done next may rely on them.
pub(super) trait Recorder {
    /// Keeps an event, and shows it.
    fn keep(&mut self, event: &Event) -> Result<(), ExitError>;

    /// Whether what is kept cannot be shown any more, as on a terminal that was closed.
    fn is_unread(&self) -> bool;
}

/// What is done to hosts.
pub(super) trait Hosts {
    /// Runs the commands, several at a time, and tells of the begin and the end of each. After `Ok(false)` or a signal no further
    /// one begins, and those that run are waited for.
    fn run(&mut self, units: &[Unit], tell: &mut dyn FnMut(Event) -> Result<bool, ExitError>) -> Result<(), ExitError>;

    /// Waits for the gate's verdict on these hosts; none after a signal.
    fn gate(&mut self, hosts: &[String]) -> Result<Option<GateReport>, ExitError>;

    /// The port-free name of a host, as commands take it.
    fn bare_name(&self, host: &str) -> String;

    /// Whether a signal has come.
    fn is_stopping(&self) -> bool;
}

/// What a roll does.
#[derive(Clone, Debug)]
pub(super) struct Orders {
    /// The command of `--run`.
    pub(super) run: String,
    /// How many hosts may be bad.
    pub(super) budget: Budget,
    /// The command of `--on-bad`, unless it is to stop only.
    pub(super) on_bad: Option<String>,
}

/// Goes on until the end.
pub(super) fn drive(
    progress: &mut Progress,
    orders: &Orders,
    recorder: &mut dyn Recorder,
    hosts: &mut dyn Hosts,
) -> Result<Ending, ExitError> {
    let mut begun = 0;
    loop {
        if hosts.is_stopping() || recorder.is_unread() {
            keep(progress, recorder, &Event::Interrupted)?;
            return Ok(Ending::Interrupted);
        }
        match progress.next(orders.budget) {
            Next::Run { batch, hosts: places } => {
                let names = progress.names(&places);
                if begun < batch {
                    begun = batch;
                    keep(progress, recorder, &Event::BatchBegun { batch, hosts: names.clone() })?;
                }
                let units = units(&orders.run, &names, hosts);
                hosts.run(&units, &mut |event| {
                    keep(progress, recorder, &event)?;
                    Ok(progress.is_kept(orders.budget) && !recorder.is_unread())
                })?;
            }
            Next::Gate { batch, hosts: places } => {
                let names = progress.names(&places);
                keep(progress, recorder, &Event::GateBegun { batch, hosts: names.clone() })?;
                if let Some(GateReport { milliseconds, bad, summary }) = hosts.gate(&names)? {
                    keep(progress, recorder, &Event::GateEnded { batch, hosts: names, milliseconds, bad, summary })?;
                }
            }
            Next::Stop => {
                stop(progress, orders, recorder, hosts)?;
                return Ok(Ending::Stopped);
            }
            Next::Finish => {
                let bad = progress.bad().len();
                keep(progress, recorder, &Event::Finished { bad })?;
                return Ok(Ending::Finished);
            }
        }
    }
}

fn keep(progress: &mut Progress, recorder: &mut dyn Recorder, event: &Event) -> Result<(), ExitError> {
    recorder.keep(event)?;
    progress.apply(event);
    Ok(())
}

/// Stops, and runs the command for that, also when nobody can read any more that it does.
fn stop(
    progress: &mut Progress,
    orders: &Orders,
    recorder: &mut dyn Recorder,
    hosts: &mut dyn Hosts,
) -> Result<(), ExitError> {
    let bad: Vec<String> = progress.bad().into_iter().map(|(host, _)| host.to_owned()).collect();
    let reason = format!("{} of {} hosts are bad; {}", bad.len(), progress.plan().hosts.len(), orders.budget);
    keep(progress, recorder, &Event::Stopped { reason })?;
    let Some(command) = &orders.on_bad else { return Ok(()) };
    let touched: Vec<_> = progress.touched().into_iter().map(str::to_owned).collect();
    let names_all = has(command, TOUCHED);
    let bare: Vec<_> = touched.iter().map(|host| hosts.bare_name(host)).collect();
    let command = filled(command, TOUCHED, &bare.join(","));
    let names_bad = has(&command, HOST) || has(&command, HOSTS);
    let units = if names_bad { units(&command, &bad, hosts) } else { vec![Unit { hosts: bad, command }] };
    let mut left: Vec<_> = units.iter().collect();
    let run = hosts.run(&units, &mut |event| {
        let event = match event {
            Event::RunBegun { hosts, command } => {
                left.retain(|unit| unit.command != command);
                let named = if names_bad { hosts } else { Vec::new() };
                let named = if names_all { touched.clone() } else { named };
                Event::OnBadBegun { hosts: named, command }
            }
            Event::RunEnded { hosts, milliseconds, failure, output } => {
                let command = units.iter().find(|unit| unit.hosts == hosts).map(|unit| unit.command.clone());
                Event::OnBadEnded { command: command.unwrap_or_default(), milliseconds, failure, output }
            }
            // A command only begins and ends.
            event => event,
        };
        keep(progress, recorder, &event)?;
        Ok(true)
    });
    run?;
    left.iter().try_for_each(|unit| keep(progress, recorder, &Event::OnBadLeftOut { command: unit.command.clone() }))
}

/// A command for each host, or one for all of them.
fn units(command: &str, names: &[String], hosts: &dyn Hosts) -> Vec<Unit> {
    if has(command, HOSTS) {
        let all: Vec<_> = names.iter().map(|name| hosts.bare_name(name)).collect();
        return vec![Unit { hosts: names.to_vec(), command: filled(command, HOSTS, &all.join(",")) }];
    }
    let unit =
        |name: &String| Unit { hosts: vec![name.clone()], command: filled(command, HOST, &hosts.bare_name(name)) };
    names.iter().map(unit).collect()
}

#[cfg(test)]
mod tests;
