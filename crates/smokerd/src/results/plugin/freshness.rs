//! What a plugin has seen of what it checks, for those that depend on it: by numbers of records, because a clock may be set.

use chrono::{DateTime, Utc};
use smoker_model::run_record::FinishedRun;
use smoker_model::status::Status;

use crate::results::kept::facts::RunFacts;
use crate::results::kept::history::Sequence;
use crate::results::plugin::hard_state::HardState;

/// What it has seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Freshness {
    /// The number of the newest record when its newest run with a result started: what had happened until then it may have
    /// seen. 0 without one, behind runs that were skipped, and for a run of an earlier daemon.
    pub(crate) seen: Sequence,
    /// The number of the first of the newest results with the same status.
    pub(crate) first: Sequence,
    /// Whether nothing was checked by its newest run, because of maintenance.
    pub(crate) is_maintenance: bool,
    /// The number of the result since which plugins that depend on it may be well again; 0 when it was never bad.
    pub(crate) recovered: Sequence,
    /// Whether runs were skipped since its newest result.
    was_skipped: bool,
}

/// A result whose actions wait until it is known how other plugins are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PostponedActions {
    /// The result as a state, whether it counts or not.
    pub(crate) result: HardState,
    pub(crate) is_soft: bool,
    /// The status before.
    pub(crate) previous: Option<Status>,
}

impl Freshness {
    /// Takes the next result. `was_bad` and `is_bad`: whether others were kept from running because of this plugin, and are.
    pub(crate) fn note(
        &mut self,
        sequence: Sequence,
        run: &FinishedRun,
        is_change: bool,
        (was_bad, is_bad): (bool, bool),
    ) {
        let was_unknown = was_bad || self.is_maintenance || self.was_skipped;
        self.seen = run.started_behind;
        if is_change || self.first == 0 {
            self.first = sequence;
        }
        self.is_maintenance = run.is_maintenance;
        self.was_skipped = false;
        if was_unknown && !is_bad && !run.is_maintenance {
            self.recovered = sequence;
        }
    }

    /// Takes the next older result of an earlier daemon, where the newest one has this status.
    pub(crate) fn note_older(
        &mut self,
        sequence: Sequence,
        facts: &RunFacts,
        newest: Option<Status>,
        is_settled: bool,
    ) {
        let Some(newest) = newest else {
            (self.first, self.is_maintenance) = (sequence, facts.is_maintenance);
            return;
        };
        let was_unknown = facts.status == Status::Error || facts.is_maintenance;
        if newest == facts.status && !is_settled {
            self.first = sequence;
        } else if newest != Status::Error && was_unknown && !is_settled {
            self.recovered = self.first;
        }
    }

    /// Its runs are not skipped any more: what it saw before is old.
    pub(crate) fn note_skipped(&mut self) {
        (self.seen, self.was_skipped) = (0, true);
    }
}

impl PostponedActions {
    /// Those of the newest result, where they wait. `first` and `since` are those of its status, `before` is the status before it,
    /// and since when there was that one.
    pub(crate) fn of(
        sequence: Sequence,
        run: &FinishedRun,
        first: Sequence,
        since: Option<DateTime<Utc>>,
        before: (Option<Status>, Option<DateTime<Utc>>),
    ) -> Option<Self> {
        let since = since.filter(|_| run.has_postponed_actions)?;
        let (previous, previous_since) = before;
        let bad_since = previous_since.filter(|_| previous.is_some_and(|previous| previous != Status::Ok));
        let result = HardState {
            status: run.result.status,
            since,
            bad_since: Some(bad_since.unwrap_or(since)),
            sequence,
            first,
            started_behind: run.started_behind,
            attempt: run.attempt,
        };
        Some(Self { result, is_soft: run.is_soft, previous })
    }

    /// Those of the newest result of an earlier daemon.
    pub(crate) fn restored(sequence: Sequence, facts: &RunFacts) -> Option<Self> {
        let (status, since, attempt) = (facts.status, facts.started, facts.attempt);
        let result =
            HardState { status, since, bad_since: Some(since), sequence, first: sequence, started_behind: 0, attempt };
        facts.has_postponed_actions.then_some(Self { result, is_soft: facts.is_soft, previous: None })
    }
}
