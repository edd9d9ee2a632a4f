//! The run that a plugin owes: it was skipped because a plugin that it depends on was bad, and no run has come since.

use chrono::{DateTime, Utc};
use smoker_model::run_record::{RunRecord, RunState, RunTrigger, SkipReason};

/// A run that takes place when the other plugin is well again, after a restart, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HeldBack {
    pub(crate) trigger: RunTrigger,
    /// When it was to start.
    pub(crate) planned: DateTime<Utc>,
    /// When the first of those was to start that were skipped in a row.
    pub(crate) since: DateTime<Utc>,
}

/// Finds it where records are read newest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct HeldBackSearch {
    found: Option<HeldBack>,
    is_settled: bool,
}

impl HeldBack {
    /// What is owed after the next record.
    pub(crate) fn after(before: Option<Self>, record: &RunRecord) -> Option<Self> {
        let planned = record.planned.wall;
        match &record.state {
            RunState::Skipped { reason: SkipReason::Dependency, .. } => {
                let since = before.map_or(planned, |before| before.since);
                Some(Self { trigger: record.trigger.clone(), planned, since })
            }
            RunState::Skipped { reason: SkipReason::OutsideOfHours, .. } => None,
            RunState::Finished(_) if !record.trigger.is_request() => None,
            RunState::Skipped { .. } | RunState::Finished(_) => before,
        }
    }
}

impl HeldBackSearch {
    /// Takes the next older run that was skipped because of another plugin.
    pub(crate) fn note_held_back(&mut self, trigger: RunTrigger, planned: DateTime<Utc>) {
        if self.is_settled {
            return;
        }
        match &mut self.found {
            Some(newest) => newest.since = planned,
            None => self.found = Some(HeldBack { trigger, planned, since: planned }),
        }
    }

    /// Takes the next older run that took place, or that nobody waits for any more.
    pub(crate) fn note_run(&mut self, trigger: &RunTrigger) {
        self.is_settled |= !trigger.is_request();
    }

    /// What was found.
    pub(crate) fn found(&self) -> Option<&HeldBack> {
        self.found.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::samples;

    #[test]
    fn a_skipped_run_is_owed_until_one_takes_place() {
        let time = |seconds| DateTime::from_timestamp(seconds, 0).expect("a time");
        let record = |planned: i64, trigger: RunTrigger, reason: Option<SkipReason>| {
            let mut record = samples::finished(&"a".into(), "{}");
            (record.trigger, record.planned.wall) = (trigger, time(planned));
            if let Some(reason) = reason {
                record.state = RunState::Skipped { reason, count: 1 };
            }
            record
        };
        let ran = |planned| record(planned, RunTrigger::Schedule, None);
        let forced = |planned| record(planned, RunTrigger::Request { requester: None, identity: None }, None);
        let held = |planned| record(planned, RunTrigger::Schedule, Some(SkipReason::Dependency));
        let given_up = |planned| record(planned, RunTrigger::Schedule, Some(SkipReason::OutsideOfHours));
        let late = |planned| record(planned, RunTrigger::Schedule, Some(SkipReason::Missed));
        for (records, expected) in [
            (vec![ran(1)], None),
            (vec![ran(1), held(2), held(3)], Some((3, 2))),
            (vec![held(1), ran(2), held(3), late(4), forced(5)], Some((3, 3))),
            (vec![held(1), held(2), ran(3)], None),
            (vec![held(1), held(2), given_up(2)], None),
            (vec![held(1), given_up(2), held(3)], Some((3, 3))),
        ] {
            let noted = records.iter().fold(None, HeldBack::after);
            let mut search = HeldBackSearch::default();
            for record in records.iter().rev() {
                match &record.state {
                    RunState::Skipped { reason: SkipReason::Dependency, .. } => {
                        search.note_held_back(record.trigger.clone(), record.planned.wall);
                    }
                    RunState::Skipped { reason: SkipReason::OutsideOfHours, .. } | RunState::Finished(_) => {
                        search.note_run(&record.trigger);
                    }
                    RunState::Skipped { .. } => {}
                }
            }
            let shown = |held: &HeldBack| (held.planned.timestamp(), held.since.timestamp());
            assert_eq!((noted.as_ref().map(shown), search.found().map(shown)), (expected, expected), "{records:?}");
        }
    }
}
