//! The queue of calls: one place for each action of each plugin.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use smoker_model::occasion::OccasionEvent;

use crate::scheduler::alerts::told::AlertKey;

/// All that is due, and all that waits for a time.
#[derive(Debug, Default)]
pub(super) struct Pending {
    entries: HashMap<AlertKey, PendingCall>,
    /// The same by time, the earliest first.
    times: BTreeSet<(DateTime<Utc>, AlertKey)>,
}

/// An action that is due or waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PendingCall {
    /// When it is looked at.
    pub(super) at: DateTime<Utc>,
    /// Why it is due; none: it waits for its time.
    pub(super) event: Option<OccasionEvent>,
}

impl Pending {
    /// Replaces what there is of an action.
    pub(super) fn set(&mut self, key: &AlertKey, call: Option<PendingCall>) {
        if let Some(before) = self.entries.remove(key) {
            self.times.remove(&(before.at, key.clone()));
        }
        if let Some(call) = call {
            self.times.insert((call.at, key.clone()));
            self.entries.insert(key.clone(), call);
        }
    }

    /// What there is of an action.
    pub(super) fn get(&self, key: &AlertKey) -> Option<PendingCall> {
        self.entries.get(key).copied()
    }

    /// The action whose time has come first.
    pub(super) fn first_due(&self, now: DateTime<Utc>) -> Option<AlertKey> {
        self.times.first().filter(|(at, _)| *at <= now).map(|(_, key)| key.clone())
    }

    /// When the next one is looked at.
    pub(super) fn next_time(&self) -> Option<DateTime<Utc>> {
        self.times.first().map(|(at, _)| *at)
    }

    /// All that are due, whatever their time.
    pub(super) fn due(&self) -> impl Iterator<Item = (&AlertKey, OccasionEvent)> {
        self.entries.iter().filter_map(|(key, call)| Some((key, call.event?)))
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        (self.entries, self.times) = (HashMap::new(), BTreeSet::new());
    }
}
