//! What a plugin's page shows of it beside its results, and only where there is something to show.

use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};
use smoker_model::plugin::PluginName;
use smoker_model::run_record::FinishedRun;
use smoker_model::status::Status;
use smoker_model::time::local_zone::LocalZone;
use smoker_model::wire::plugin::SkippedRuns;

use crate::results::json_text;
use crate::results::kept::facts::RunFacts;

/// How many of the newest results are looked at for how often the status changes.
const LOOKED_AT: u32 = 20;

/// Why the scheduled runs of a plugin are skipped, and since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SkippedSince {
    pub(crate) since: DateTime<Utc>,
    /// The plugin that it depends on and that is bad.
    pub(crate) parent: BadParent,
    pub(crate) reason: String,
}

/// Why plugins that depend on one do not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BadParent {
    pub(crate) name: PluginName,
    /// Since when.
    pub(crate) since: DateTime<Utc>,
    /// Whether its own runs are skipped; else its status is ERROR.
    pub(crate) is_skipped: bool,
    /// Whether its result is soft.
    pub(crate) is_retried: bool,
}

impl BadParent {
    /// The reason for people; `since` is the time as the reader's clocks have it.
    pub(crate) fn reason(&self, since: &str) -> String {
        let state = if self.is_skipped { "skipped" } else { "ERROR" };
        let retried = if self.is_retried { ", being retried" } else { "" };
        format!("{} is {state} since {since}{retried}", self.name)
    }

    /// The reason with the time of day by the machine's clocks, with the day when it is not this one.
    pub(crate) fn reason_of_day(&self, now: DateTime<Utc>) -> String {
        let (at, now) = (self.since.with_timezone(&LocalZone), now.with_timezone(&LocalZone));
        let form = if at.date_naive() == now.date_naive() { "%H:%M" } else { "%Y-%m-%d %H:%M" };
        self.reason(&at.naive_local().format(form).to_string())
    }
}

/// How often in a row results were bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Attempt {
    /// The number of bad results in a row; 1 also for a good one.
    pub(crate) number: u32,
    pub(crate) is_bad: bool,
    /// Whether it is bad, and not often enough to count.
    pub(crate) is_soft: bool,
}

/// Whether the newest results of a plugin had another status than the one before, newest in the lowest bit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes(u32);

/// Finds the same where results are read newest first. It goes further back than what counts, because a status that is flapping is so
/// until it is calm.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ChangesSearch {
    changes: u128,
    count: u32,
    /// The status of the result that was read last, and whether it is one of maintenance.
    newer: Option<(Status, bool)>,
}

/// Members of a plugin's JSON object, each as JSON.
#[derive(Clone, Debug, Default)]
pub(crate) struct Standing {
    /// Whether the newest result is soft or hard, and its attempt, for a plugin with `Retries`.
    pub(crate) attempt: Option<Attempt>,
    /// Whether its status changes too often.
    pub(crate) is_flapping: bool,
    /// Why its scheduled runs are skipped.
    pub(crate) skipped: Option<Arc<str>>,
    /// The silence that it is under.
    pub(crate) silence: Option<Arc<str>>,
}

impl Attempt {
    /// That of a run with a result; none for one that a client requested, and that says nothing of those before.
    pub(crate) fn of(facts: &RunFacts) -> Option<Self> {
        let is_bad = facts.status != Status::Ok;
        let attempt = Self { number: facts.attempt, is_bad, is_soft: facts.is_soft };
        (!facts.trigger.is_request() && !facts.is_maintenance).then_some(attempt)
    }

    /// That of a result behind this number of bad ones, where `Retries` wants several.
    pub(crate) fn after(bad_before: u32, status: Status, retries: Option<u32>) -> Self {
        let is_bad = status != Status::Ok;
        let number = if is_bad { bad_before.saturating_add(1) } else { 1 };
        Self { number, is_bad, is_soft: is_bad && retries.is_some_and(|retries| number < retries) }
    }

    /// How many bad results in a row there are with it.
    pub(crate) fn bad(self) -> u32 {
        if self.is_bad { self.number } else { 0 }
    }
}

impl Changes {
    /// Adds the newest result.
    pub(crate) fn push(&mut self, is_change: bool) {
        self.0 = (self.0 << 1 | u32::from(is_change)) & ((1 << LOOKED_AT) - 1);
    }

    /// Whether the status changes too often. It has to become calmer than the threshold before it does not any more.
    pub(crate) fn is_flapping(self, threshold: Option<u8>, was_flapping: bool) -> bool {
        let percent = self.0.count_ones() * 100 / LOOKED_AT;
        threshold
            .map(u32::from)
            .is_some_and(|threshold| percent >= threshold || (was_flapping && percent * 2 >= threshold))
    }
}

impl ChangesSearch {
    /// Takes the next older result.
    pub(crate) fn note_older(&mut self, status: Status, is_maintenance: bool) {
        if let Some((newer, false)) = self.newer.replace((status, is_maintenance))
            && self.count < u128::BITS
        {
            self.changes |= u128::from(newer != status) << self.count;
            self.count += 1;
        }
    }

    /// What was found, and whether the status changed too often by then.
    pub(crate) fn into_changes(self, threshold: Option<u8>) -> (Changes, bool) {
        (0..self.count).rev().fold((Changes::default(), false), |(mut changes, was_flapping), at| {
            changes.push(self.changes >> at & 1 == 1);
            (changes, changes.is_flapping(threshold, was_flapping))
        })
    }
}

impl Standing {
    /// What of it counts for a forced run.
    pub(crate) fn of_forced_run(self) -> Self {
        Self { silence: self.silence, ..Self::default() }
    }

    /// The members with their names.
    pub(crate) fn members(&self) -> impl Iterator<Item = (&'static str, Arc<str>)> + use<> {
        let state = self.attempt.map(|attempt| if attempt.is_soft { "\"soft\"" } else { "\"hard\"" }.into());
        let members = [
            ("state", state),
            ("attempt", self.attempt.map(|attempt| attempt.number.to_string().into())),
            ("flapping", self.is_flapping.then(|| "true".into())),
            ("skipped", self.skipped.clone()),
            ("silence", self.silence.clone()),
        ];
        members.into_iter().filter_map(|(name, text)| Some((name, text?)))
    }
}

/// Why the scheduled runs of a plugin are skipped, as JSON.
pub(crate) fn skipped(since: DateTime<Utc>, parent: &str, reason: &str) -> Arc<str> {
    let since = since.to_rfc3339_opts(SecondsFormat::Secs, true);
    json_text::to_text(&SkippedRuns { since, parent: parent.to_owned(), reason: reason.to_owned() }).into()
}

/// The attempt of a run that has ended.
pub(crate) fn attempt_of(run: &FinishedRun) -> Attempt {
    Attempt { number: run.attempt, is_bad: run.result.status != Status::Ok, is_soft: run.is_soft }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_result_is_soft_until_it_was_bad_as_often_as_retries_says() {
        let after = |bad, status, retries| {
            let attempt = Attempt::after(bad, status, retries);
            (attempt.number, attempt.is_soft, attempt.bad())
        };
        assert_eq!(after(0, Status::Error, Some(2)), (1, true, 1));
        assert_eq!(after(1, Status::Warn, Some(2)), (2, false, 2));
        assert_eq!(after(2, Status::Error, Some(2)), (3, false, 3));
        assert_eq!(after(7, Status::Ok, Some(2)), (1, false, 0));
        for retries in [None, Some(1)] {
            assert_eq!(after(0, Status::Error, retries), (1, false, 1));
        }
    }

    #[test]
    fn a_status_that_changes_often_is_flapping_until_it_is_calm() {
        let mut changes = Changes::default();
        (0..6).for_each(|_| changes.push(true));
        assert!(changes.is_flapping(Some(30), false) && !changes.is_flapping(Some(31), false));
        assert!(!changes.is_flapping(None, true));
        (0..17).for_each(|_| changes.push(false));
        assert!(changes.is_flapping(Some(30), true) && !changes.is_flapping(Some(30), false));
        changes.push(false);
        assert!(!changes.is_flapping(Some(30), true));
    }

    #[test]
    fn a_restart_does_not_end_flapping() {
        let statuses = |calm: usize| {
            let restless = (0..8).map(|at| if at % 2 == 0 { Status::Ok } else { Status::Error });
            restless.chain(std::iter::repeat_n(Status::Error, calm)).collect::<Vec<_>>()
        };
        for (calm, is_flapping) in [(0, true), (14, true), (16, true), (18, false), (200, false)] {
            let (mut noted, mut search) = ((Changes::default(), false), ChangesSearch::default());
            let statuses = statuses(calm);
            for (at, status) in statuses.iter().enumerate() {
                noted.0.push(at > 0 && statuses[at - 1] != *status);
                noted.1 = noted.0.is_flapping(Some(30), noted.1);
            }
            statuses.iter().rev().for_each(|status| search.note_older(*status, false));
            assert_eq!(search.into_changes(Some(30)), noted, "{calm}");
            assert_eq!(noted.1, is_flapping, "{calm}");
        }
        let mut search = ChangesSearch::default();
        for (status, is_maintenance) in [(Status::Ok, false), (Status::Warn, true), (Status::Ok, false)] {
            search.note_older(status, is_maintenance);
        }
        assert_eq!((search.count, search.changes), (1, 1), "that of maintenance is none of its own");
    }
}
