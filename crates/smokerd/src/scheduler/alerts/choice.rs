//! Which call is made next, and what it is about.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use crate::scheduler::alerts::call::{CallMember, CallTarget};
use crate::scheduler::alerts::notifier::Notifier;
use crate::scheduler::alerts::queued::action_of;
use crate::scheduler::alerts::told::AlertKey;

/// How many calls at a time may be those of one action: a receiver that does not answer must not keep others from being told.
const CALLS_OF_ACTION: usize = 3;

impl Notifier {
    /// The action whose time has come first, of those that may be called.
    pub(super) fn next_call(&self, now: DateTime<Utc>) -> Option<AlertKey> {
        let mut counts = HashMap::<&str, usize>::new();
        for made in self.made.values() {
            *counts.entry(&made.name).or_default() += 1;
        }
        let may_be_called = |key: &&AlertKey| match counts.get(key.action.as_str()) {
            None => true,
            Some(count) => *count < CALLS_OF_ACTION && !self.is_being_called(key),
        };
        self.pending.due_at(now).find(may_be_called).cloned()
    }

    /// Whether calls that are collected for a target wait for one that is being made.
    fn is_being_called(&self, key: &AlertKey) -> bool {
        let target = || self.target_of(key).filter(CallTarget::is_collected);
        let mut targets = self.made.values().filter_map(|made| made.target.as_ref()).peekable();
        targets.peek().is_some() && target().is_some_and(|target| targets.any(|its| *its == target))
    }

    /// What else is due for a target.
    pub(super) fn others_of(&mut self, target: &CallTarget) -> Vec<AlertKey> {
        let others: Vec<_> =
            self.pending.due().filter(|key| self.target_of(key).as_ref() == Some(target)).cloned().collect();
        for key in &others {
            self.pending.set(key, None);
        }
        others
    }

    fn target_of(&self, key: &AlertKey) -> Option<CallTarget> {
        let plugin = self.manager.set().prepared_of(&key.plugin)?;
        Some(CallTarget::of(&plugin, &action_of(&plugin, key)?))
    }

    /// What a call tells of a plugin now: its state may be another one, or held, since the call became due.
    pub(super) fn member(&mut self, key: AlertKey, now: DateTime<Utc>) -> Option<CallMember> {
        let plugin = self.manager.set().prepared_of(&key.plugin)?;
        let action = action_of(&plugin, &key)?;
        let state = self.manager.state().told_state(&key.plugin)?;
        match self.due_event(plugin.spec(), &action, &state, now) {
            Ok(event) => {
                let hard = state.followed_by(&action.rules)?.clone();
                let postponed = state.postponed.filter(|_| !action.rules.is_deferred());
                let delivery = self.manager.notification_log().delivery(&key);
                Some(CallMember { key, plugin, event, hard, delivery, postponed })
            }
            Err(later) => {
                self.pending.set(&key, later);
                None
            }
        }
    }
}
