//! What is asked for of the runs of the past, and the answer.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use chrono::{DateTime, Utc};
use smoker_model::plugin::PluginName;
use smoker_model::status::Status;

use crate::results::kept::facts::RunFacts;
use crate::results::kept::history::Sequence;

/// The bytes that all texts of a page may have together; a single one may have more.
pub(crate) const PAGE_BYTES: usize = 4 << 20;

/// Which runs are asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct RunQuery {
    /// Of this plugin only.
    pub(crate) plugin: Option<PluginName>,
    /// Of one of these only, which the client may see.
    pub(crate) visible: Option<HashSet<String>>,
    /// With one of these statuses only.
    pub(crate) statuses: Option<Vec<Status>>,
    /// Those that started then or later.
    pub(crate) since: Option<DateTime<Utc>>,
    /// Those that started before then.
    pub(crate) until: Option<DateTime<Utc>>,
    /// Those with a number below this one; how a client goes on behind a page.
    pub(crate) before: Option<Sequence>,
    /// How many at most.
    pub(crate) limit: usize,
}

/// A run of the past.
#[derive(Clone, Debug)]
pub(crate) struct StoredRun {
    pub(crate) sequence: Sequence,
    pub(crate) plugin: PluginName,
    pub(crate) facts: RunFacts,
    /// Its result as the wire shows it, with component results as a list.
    pub(crate) text: String,
}

/// Runs of the past, newest first.
#[derive(Debug, Default)]
pub(crate) struct RunPage {
    pub(crate) runs: Vec<StoredRun>,
    /// What `before` has to be for the next page; none when there is nothing older.
    pub(crate) next: Option<Sequence>,
    /// Whether runs may be missing that the daemon has had: it cannot read, or could not write, all of them.
    pub(crate) is_incomplete: bool,
    bytes: usize,
}

/// What there is of the past behind a number, oldest first.
#[derive(Debug, Default)]
pub(crate) struct PastRuns {
    pub(crate) runs: Vec<StoredRun>,
    /// Results whose numbers are within this range and that are not among `runs` may be lost or dropped.
    pub(crate) missing: Option<RangeInclusive<Sequence>>,
    /// How many numbers among those are not there. Those that the start of a daemon has left out are not counted.
    pub(crate) lost: u64,
    /// The number behind which to go on; none when all was looked at.
    pub(crate) through: Option<Sequence>,
    bytes: usize,
}

impl PastRuns {
    /// Adds a run. Returns false when there are as many, or as many bytes, as are read at once.
    pub(crate) fn add(&mut self, run: StoredRun, limit: usize, bytes: usize) -> bool {
        if self.runs.len() >= limit || self.bytes > bytes {
            return false;
        }
        self.bytes += run.text.len();
        self.runs.push(run);
        true
    }

    /// These numbers are not there.
    pub(crate) fn miss(&mut self, first: Sequence, last: Sequence) {
        let first = self.missing.as_ref().map_or(first, |missing| *missing.start());
        self.missing = Some(first..=last);
    }
}

impl RunQuery {
    /// Whether runs of this plugin are asked for.
    pub(crate) fn concerns(&self, plugin: &str) -> bool {
        self.plugin.as_ref().is_none_or(|name| name.as_str() == plugin)
            && self.visible.as_ref().is_none_or(|visible| visible.contains(plugin))
    }

    /// Whether a run is asked for. Its plugin and its number are looked at elsewhere.
    pub(crate) fn admits(&self, facts: &RunFacts) -> bool {
        self.statuses.as_ref().is_none_or(|statuses| statuses.contains(&facts.status))
            && self.since.is_none_or(|since| facts.started >= since)
            && self.until.is_none_or(|until| facts.started < until)
    }

    /// The number below which runs are asked for.
    pub(crate) fn below(&self) -> Sequence {
        self.before.unwrap_or(Sequence::MAX)
    }
}

impl RunPage {
    /// Adds a run. Returns false when the page is full: the run belongs to the next one then.
    pub(crate) fn add(&mut self, query: &RunQuery, run: StoredRun) -> bool {
        let bytes = self.bytes + run.text.len();
        let is_full = self.runs.len() >= query.limit || (bytes > PAGE_BYTES && !self.runs.is_empty());
        if is_full {
            self.next = Some(run.sequence + 1);
            return false;
        }
        self.bytes = bytes;
        self.runs.push(run);
        true
    }
}
