//! The newest status of a plugin that counts: actions are told of its changes.

use chrono::{DateTime, Utc};
use smoker_model::run_record::FinishedRun;
use smoker_model::status::Status;

use crate::results::kept::facts::RunFacts;
use crate::results::kept::history::Sequence;

/// The newest status that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HardState {
    pub(crate) status: Status,
    /// When the first result of this status in a row was made.
    pub(crate) since: DateTime<Utc>,
    /// When the plugin became bad, for a bad status, and for one that has just ended a bad spell.
    pub(crate) bad_since: Option<DateTime<Utc>>,
    /// The number of the newest result that counts.
    pub(crate) sequence: Sequence,
    /// The number of the first result of this status in a row.
    pub(crate) first: Sequence,
    /// The number of the newest record when the run of the newest one started; 0 when that is not known.
    pub(crate) started_behind: Sequence,
    pub(crate) attempt: u32,
}

impl HardState {
    /// The number of the newest record when the run of its newest result started, or one that is not newer, where that is not known.
    pub(crate) fn seen(&self) -> Sequence {
        if self.started_behind == 0 { self.sequence.saturating_sub(1) } else { self.started_behind }
    }
}

/// Finds it from results, the oldest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct HardStateTracker {
    state: Option<HardState>,
    /// When the plugin became bad, also by results that do not count yet.
    bad_since: Option<DateTime<Utc>>,
    /// Whether it was bad by all results that are kept, and so perhaps before them.
    is_open: bool,
}

/// Finds it from results, the newest first.
#[derive(Debug, Default)]
pub(crate) struct HardStateSearch {
    state: Option<HardState>,
    is_since_known: bool,
    is_done: bool,
}

impl HardStateTracker {
    /// It, where there is one.
    pub(crate) fn state(&self) -> Option<&HardState> {
        self.state.as_ref()
    }

    /// Takes back when the plugin became bad to what is known from elsewhere, where results of that time are not kept.
    pub(crate) fn begin_at(&mut self, since: DateTime<Utc>) {
        let Some(state) = self.state.as_mut().filter(|_| self.is_open) else { return };
        if state.bad_since.is_some_and(|own| since < own) {
            (state.bad_since, self.bad_since) = (Some(since), Some(since));
        }
    }

    /// Adds the newest result of those that may count.
    pub(crate) fn note(&mut self, sequence: Sequence, run: &FinishedRun) {
        let (status, started) = (run.result.status, run.started.wall);
        if status != Status::Ok {
            self.bad_since.get_or_insert(started);
        }
        if run.is_soft {
            return;
        }
        let before = self.state.take().filter(|state| state.status == status);
        let (since, first) = before.map_or((started, sequence), |state| (state.since, state.first));
        let bad_since = if status == Status::Ok { self.bad_since.take() } else { self.bad_since };
        let (started_behind, attempt) = (run.started_behind, run.attempt);
        self.state = Some(HardState { status, since, bad_since, sequence, first, started_behind, attempt });
    }
}

impl HardStateSearch {
    /// Adds the next older result of those that may count.
    pub(crate) fn note(&mut self, sequence: Sequence, facts: &RunFacts) {
        let (status, started) = (facts.status, facts.started);
        let is_bad = status != Status::Ok;
        match &mut self.state {
            None if facts.is_soft => {}
            None => {
                let bad_since = is_bad.then_some(started);
                let attempt = facts.attempt;
                self.state = Some(HardState {
                    status,
                    since: started,
                    bad_since,
                    sequence,
                    first: sequence,
                    started_behind: 0,
                    attempt,
                });
            }
            Some(_) if self.is_done => {}
            Some(state) => {
                if is_bad {
                    state.bad_since = state.bad_since.map(|_| started);
                }
                if facts.is_soft {
                    return;
                }
                self.is_since_known |= state.status != status;
                if !self.is_since_known {
                    (state.since, state.first) = (started, sequence);
                }
                self.is_done = state.status != status && (state.bad_since.is_none() || !is_bad);
            }
        }
    }

    /// What was found.
    pub(crate) fn into_tracker(self) -> HardStateTracker {
        let bad_since =
            self.state.as_ref().filter(|state| state.status != Status::Ok).and_then(|state| state.bad_since);
        let is_open = bad_since.is_some() && !self.is_done;
        HardStateTracker { state: self.state, bad_since, is_open }
    }
}

#[cfg(test)]
mod tests {
    use smoker_model::run_record::{RunRecord, RunState};

    use super::*;
    use crate::results::samples;

    #[test]
    fn both_ways_find_the_same_and_soft_results_only_begin_a_spell() {
        use Status::{Error, Ok, Warn};
        let start = Utc::now();
        let runs = [(Ok, false), (Error, true), (Error, false), (Warn, false), (Ok, false), (Error, true)];
        let records = runs.iter().enumerate().map(|(at, (status, is_soft))| {
            let mut record: RunRecord = samples::finished(&"a".into(), "");
            record.sequence = at as Sequence + 1;
            let RunState::Finished(run) = &mut record.state else { panic!("{record:?}") };
            run.started.wall = start + chrono::TimeDelta::seconds(at.try_into().expect("small"));
            (run.result.status, run.is_soft, run.attempt) = (*status, *is_soft, 1);
            record
        });
        let records: Vec<_> = records.collect();
        let at = |second: i64| start + chrono::TimeDelta::seconds(second);
        let state = |status, since, bad_since: Option<i64>, sequence| HardState {
            status,
            since: at(since),
            bad_since: bad_since.map(at),
            sequence,
            first: since.unsigned_abs() + 1,
            started_behind: 0,
            attempt: 1,
        };
        let expected = [
            state(Ok, 0, None, 1),
            state(Ok, 0, None, 1),
            state(Error, 2, Some(1), 3),
            state(Warn, 3, Some(1), 4),
            state(Ok, 4, Some(1), 5),
            state(Ok, 4, Some(1), 5),
        ];
        let mut tracker = HardStateTracker::default();
        for (at, expected) in expected.iter().enumerate() {
            let RunState::Finished(run) = &records[at].state else { panic!() };
            tracker.note(records[at].sequence, run);
            assert_eq!(tracker.state(), Some(expected), "{at}");
            let mut search = HardStateSearch::default();
            for record in records[..=at].iter().rev() {
                search.note(record.sequence, &RunFacts::of(record).expect("a result"));
            }
            let found = search.into_tracker().state().cloned().expect("a state");
            let bad_since = expected.bad_since.filter(|_| expected.status != Ok);
            assert_eq!(found, HardState { bad_since, ..expected.clone() }, "{at}");
        }
    }

    #[test]
    fn a_bad_spell_begins_before_the_results_that_are_kept_where_that_is_known() {
        use Status::{Error, Ok};
        let start = Utc::now();
        let early = start - chrono::TimeDelta::hours(1);
        let found = |statuses: &[Status]| {
            let mut search = HardStateSearch::default();
            for (at, status) in statuses.iter().enumerate().rev() {
                let mut record: RunRecord = samples::finished(&"a".into(), "");
                let RunState::Finished(run) = &mut record.state else { panic!("{record:?}") };
                run.started.wall = start + chrono::TimeDelta::seconds(at.try_into().expect("small"));
                run.result.status = *status;
                search.note(at as Sequence + 1, &RunFacts::of(&record).expect("a result"));
            }
            let mut tracker = search.into_tracker();
            tracker.begin_at(early);
            tracker.state().and_then(|state| state.bad_since)
        };
        assert_eq!(found(&[Error, Error]), Some(early));
        assert_eq!(found(&[Ok, Error]), Some(start + chrono::TimeDelta::seconds(1)), "another spell");
        assert_eq!(found(&[Error, Ok]), None);
    }
}
