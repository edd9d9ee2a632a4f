//! The queue of calls: one place for each action of each plugin.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use smoker_model::occasion::OccasionEvent;

use crate::scheduler::alerts::told::AlertKey;

/// All that is due, and all that waits for a time.
#[derive(Debug, Default)]
pub(super) struct Pending {
    entries: HashMap<AlertKey, PendingCall>,
    /// The same by time, the earliest first.
    times: BTreeSet<(DateTime<Utc>, AlertKey)>,
    /// When calls that are due are made, for those who look.
    shown: DueCalls,
}

/// When calls are made that are due and not made yet. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct DueCalls(Arc<Mutex<HashMap<AlertKey, DateTime<Utc>>>>);

impl DueCalls {
    /// When an action is called, which is due.
    pub(super) fn time_of(&self, key: &AlertKey) -> Option<DateTime<Utc>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).copied()
    }

    fn set(&self, key: &AlertKey, at: Option<DateTime<Utc>>) {
        let mut times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match at {
            Some(at) => {
                times.insert(key.clone(), at);
            }
            None => {
                times.remove(key);
            }
        }
    }

    fn retain(&self, is_known: impl Fn(&AlertKey) -> bool) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|key, _| is_known(key));
    }
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
    /// An empty queue, whose calls that are due are shown.
    pub(super) fn shown_in(shown: DueCalls) -> Self {
        Self { shown, ..Self::default() }
    }

    /// Replaces what there is of an action.
    pub(super) fn set(&mut self, key: &AlertKey, call: Option<PendingCall>) {
        if let Some(before) = self.entries.remove(key) {
            self.times.remove(&(before.at, key.clone()));
        }
        self.shown.set(key, call.filter(|call| call.event.is_some()).map(|call| call.at));
        if let Some(call) = call {
            self.times.insert((call.at, key.clone()));
            self.entries.insert(key.clone(), call);
        }
    }

    /// What there is of an action.
    pub(super) fn get(&self, key: &AlertKey) -> Option<PendingCall> {
        self.entries.get(key).copied()
    }

    /// The actions whose time has come, the earliest first.
    pub(super) fn due_at(&self, now: DateTime<Utc>) -> impl Iterator<Item = &AlertKey> {
        self.times.iter().take_while(move |(at, _)| *at <= now).map(|(_, key)| key)
    }

    /// The first time after this one at which one is looked at.
    pub(super) fn next_time_after(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.times.iter().map(|(at, _)| *at).find(|at| *at > now)
    }

    /// All that are due, whatever their time.
    pub(super) fn due(&self) -> impl Iterator<Item = &AlertKey> {
        self.entries.iter().filter(|(_, call)| call.event.is_some()).map(|(key, _)| key)
    }

    /// Forgets what is not about these.
    pub(super) fn retain(&mut self, is_known: impl Fn(&AlertKey) -> bool) {
        self.entries.retain(|key, _| is_known(key));
        self.times.retain(|(_, key)| is_known(key));
        self.shown.retain(is_known);
    }
}
