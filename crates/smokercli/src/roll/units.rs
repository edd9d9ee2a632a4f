//! Runs the commands of a batch, several at a time.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender};
use std::time::Duration;

use crate::error::ExitError;
use crate::roll::command::{self, Ended};
use crate::roll::drive::Unit;
use crate::roll::event::Event;
use crate::roll::signals::Signals;

/// How commands are run.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    /// How many at once.
    pub(super) parallel: usize,
    /// How long each may take.
    pub(super) within: Duration,
}

/// What a worker tells.
enum Told<'a> {
    /// A command may begin when it is told so.
    Begin(&'a Unit, Sender<()>),
    End(&'a Unit, Ended),
}

/// Runs the units in their order. A unit begins when `tell` has taken its begin, so that no command runs of which the record does
/// not know. After `Ok(false)`, an error or a signal no further one begins, and those that run are waited for.
pub(super) fn run(
    units: &[Unit],
    limits: &Limits,
    signals: &Signals,
    tell: &mut dyn FnMut(Event) -> Result<bool, ExitError>,
) -> Result<(), ExitError> {
    let (next, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (sender, told) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..limits.parallel.clamp(1, units.len().max(1)) {
            let sender = sender.clone();
            let (next, is_over) = (&next, &is_over);
            scope.spawn(move || {
                while !is_over.load(Ordering::Relaxed) && !signals.is_stopping() {
                    let Some(unit) = units.get(next.fetch_add(1, Ordering::Relaxed)) else { return };
                    let (begin, may_begin) = mpsc::channel();
                    if sender.send(Told::Begin(unit, begin)).is_err() || may_begin.recv().is_err() {
                        return;
                    }
                    let ended = command::run(&unit.command, limits.within, signals.cut_short());
                    if sender.send(Told::End(unit, ended)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let mut outcome = Ok(());
        for told in told {
            let (event, begin) = match told {
                Told::Begin(..) if is_over.load(Ordering::Relaxed) || signals.is_stopping() => continue,
                Told::Begin(Unit { hosts, command }, begin) => {
                    (Event::RunBegun { hosts: hosts.clone(), command: command.clone() }, Some(begin))
                }
                Told::End(Unit { hosts, .. }, Ended { milliseconds, failure, output }) => {
                    (Event::RunEnded { hosts: hosts.clone(), milliseconds, failure, output }, None)
                }
            };
            match tell(event) {
                Ok(goes_on) => {
                    // A worker that waits for it is there.
                    let _ = begin.map(|begin| begin.send(()));
                    if !goes_on {
                        is_over.store(true, Ordering::Relaxed);
                    }
                }
                Err(error) => {
                    is_over.store(true, Ordering::Relaxed);
                    outcome = outcome.and(Err(error));
                }
            }
        }
        outcome
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(commands: &[&str]) -> Vec<Unit> {
        let unit =
            |(number, command): (usize, &&str)| Unit { hosts: vec![number.to_string()], command: (*command).into() };
        commands.iter().enumerate().map(unit).collect()
    }

    const LIMITS: Limits = Limits { parallel: 3, within: Duration::from_secs(30) };

    #[test]
    fn every_unit_runs_once_and_is_told_of_before_it_begins() {
        let folder = tempfile::tempdir().expect("a folder");
        let commands: Vec<_> =
            (0..9).map(|number| format!("echo {number} >> {}/{number}", folder.path().display())).collect();
        let commands: Vec<_> = commands.iter().map(String::as_str).collect();
        let mut told = Vec::new();
        run(&units(&commands), &LIMITS, &Signals::default(), &mut |event| {
            if let Event::RunBegun { hosts, .. } = &event {
                assert!(!folder.path().join(&hosts[0]).exists(), "{event:?}");
            }
            told.push(event);
            Ok(true)
        })
        .expect("done");
        assert_eq!(told.len(), 18);
        for number in 0..9 {
            let text = std::fs::read_to_string(folder.path().join(number.to_string())).expect("it ran");
            assert_eq!(text, format!("{number}\n"));
        }
    }

    #[test]
    fn nothing_begins_after_the_end_was_told() {
        let units = units(&["exit 1"; 40]);
        let mut ended = 0;
        run(&units, &LIMITS, &Signals::default(), &mut |event| {
            ended += usize::from(matches!(event, Event::RunEnded { .. }));
            Ok(ended < 4)
        })
        .expect("done");
        assert!((4..=6).contains(&ended), "{ended}");
        let failed = run(&units, &LIMITS, &Signals::default(), &mut |_| Err(ExitError::new("full")));
        assert_eq!(failed, Err(ExitError::new("full")));
    }
}
