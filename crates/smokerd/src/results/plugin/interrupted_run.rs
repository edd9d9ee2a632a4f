//! Whether the end of the daemon has ended the newest run of a plugin, too, which `Missed: once` makes again.

use chrono::{DateTime, Utc};
use smoker_model::run_record::{FinishedRun, RunTrigger};

use crate::results::kept::facts::RunFacts;

/// The newest run that no client requested, as long as it is one that was interrupted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct InterruptedRuns(Option<Interrupted>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Interrupted {
    trigger: RunTrigger,
    planned: DateTime<Utc>,
    started: DateTime<Utc>,
    /// Whether it was the first for its time. The next one for that time is not made again: it may be what ends the daemon.
    is_first: bool,
}

/// Finds the same where records are read newest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct InterruptedSearch {
    found: Option<Interrupted>,
    is_settled: bool,
}

impl InterruptedRuns {
    /// Takes the next run, or the newest one once more.
    pub(crate) fn note(&mut self, trigger: &RunTrigger, planned: DateTime<Utc>, run: &FinishedRun) {
        if trigger.is_request() {
            return;
        }
        if run.is_interrupted {
            self.note_interrupted(trigger, planned, run.started.wall);
        } else {
            self.0 = None;
        }
    }

    fn note_interrupted(&mut self, trigger: &RunTrigger, planned: DateTime<Utc>, started: DateTime<Utc>) {
        let is_first = match &self.0 {
            Some(before) if is_same(before.started, started) => before.is_first,
            Some(before) => !is_same(before.planned, planned),
            None => true,
        };
        self.0 = Some(Interrupted { trigger: trigger.clone(), planned, started, is_first });
    }

    /// Why and when the run is due that is to be made again.
    pub(crate) fn owed(&self) -> Option<(RunTrigger, DateTime<Utc>)> {
        let Interrupted { trigger, planned, .. } = self.0.clone().filter(|run| run.is_first)?;
        Some((trigger, planned))
    }
}

impl InterruptedSearch {
    /// Takes the next older run.
    pub(crate) fn note_older(&mut self, facts: &RunFacts) {
        if self.is_settled || facts.trigger.is_request() {
            return;
        }
        match &mut self.found {
            None if facts.is_interrupted => {
                let RunFacts { trigger, planned, started, .. } = facts.clone();
                self.found = Some(Interrupted { trigger, planned, started, is_first: true });
            }
            None => self.is_settled = true,
            Some(newest) => {
                newest.is_first = !(facts.is_interrupted && is_same(newest.planned, facts.planned));
                self.is_settled = true;
            }
        }
    }

    /// Takes a run that is newer than all others and was interrupted.
    pub(crate) fn note_newer(&mut self, trigger: &RunTrigger, planned: DateTime<Utc>, started: DateTime<Utc>) {
        let mut runs = InterruptedRuns(self.found.take());
        if !trigger.is_request() {
            runs.note_interrupted(trigger, planned, started);
        }
        *self = Self { found: runs.0, is_settled: true };
    }

    /// What was found.
    pub(crate) fn into_runs(self) -> InterruptedRuns {
        InterruptedRuns(self.found)
    }
}

/// The journal has microseconds.
fn is_same(one: DateTime<Utc>, other: DateTime<Utc>) -> bool {
    one.timestamp_micros() == other.timestamp_micros()
}

#[cfg(test)]
mod tests {
    use smoker_model::run_record::RunState;

    use super::*;
    use crate::results::samples;

    /// What is owed after runs, each with its planned second and whether it was interrupted, oldest first. The newest one is
    /// noted once more, as at a start.
    fn found(runs: &[(i64, bool, RunTrigger)]) -> [Option<i64>; 2] {
        let (mut noted, mut searched) = (InterruptedRuns::default(), InterruptedSearch::default());
        let records = runs.iter().zip(100..).map(|((planned, is_interrupted, trigger), started)| {
            let mut record = samples::finished(&"a".into(), "{}");
            let time = |seconds| DateTime::from_timestamp(seconds, 0).expect("a time");
            (record.trigger, record.planned.wall) = (trigger.clone(), time(*planned));
            let RunState::Finished(run) = &mut record.state else { panic!("it has a result") };
            (run.is_interrupted, run.started.wall) = (*is_interrupted, time(started));
            record
        });
        let records: Vec<_> = records.collect();
        for record in records.iter().chain(records.last()) {
            let RunState::Finished(run) = &record.state else { panic!("it has a result") };
            noted.note(&record.trigger, record.planned.wall, run);
        }
        for record in records.iter().rev() {
            searched.note_older(&RunFacts::of(record).expect("it has a result"));
        }
        [noted, searched.into_runs()].map(|runs| runs.owed().map(|(_, planned)| planned.timestamp()))
    }

    #[test]
    fn a_run_is_owed_once_for_each_time_that_was_interrupted() {
        let timer = |planned, is_interrupted| (planned, is_interrupted, RunTrigger::Schedule);
        let forced = (9, false, RunTrigger::Request { requester: None, identity: None });
        for (runs, owed) in [
            (vec![], None),
            (vec![timer(1, false)], None),
            (vec![timer(1, false), timer(2, true)], Some(2)),
            (vec![timer(2, true), forced], Some(2)),
            (vec![timer(2, true), timer(2, false)], None),
            (vec![timer(2, true), timer(2, true)], None),
            (vec![timer(2, true), timer(2, true), timer(3, true)], Some(3)),
            (vec![timer(1, true), timer(2, true)], Some(2)),
        ] {
            assert_eq!(found(&runs), [owed; 2], "{runs:?}");
        }
    }
}
