//! Which call is made next, and what it is about.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use smoker_model::plugin::{ActionSpec, PluginName};

use crate::scheduler::alerts::call::{CallMember, CallTarget};
use crate::scheduler::alerts::holds::lock::locked;
use crate::scheduler::alerts::notifier::{Ended, Made, Notifier};
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

    /// Makes a call; where plugins that it is about have maintenance locks, these are looked for before.
    pub(super) fn begin(
        &mut self,
        action: ActionSpec,
        keys: Vec<AlertKey>,
        target: Option<CallTarget>,
        now: DateTime<Utc>,
    ) {
        let mut plugins: Vec<_> = {
            let set = self.manager.set();
            keys.iter().filter_map(|key| set.prepared_of(&key.plugin)).collect()
        };
        plugins.retain(|plugin| plugin.spec().maintenance_lock.is_some());
        if plugins.is_empty() {
            return self.make_call(action, keys, target, now);
        }
        self.busy.extend(keys.iter().cloned());
        let task = self.calls.spawn(async move { Ended::Looked(locked(&plugins).await) });
        let name = keys.first().map(|key| key.action.clone()).unwrap_or_default();
        let made = Made { about: String::new(), name, action, keys, tells: Vec::new(), target };
        self.made.insert(task.id(), made);
    }

    /// Makes a call behind the look for locks: not about plugins that have theirs, and not as an action was defined before a reload.
    pub(super) fn looked(&mut self, made: Made, locked: &HashSet<PluginName>) {
        let Made { action, keys, target, .. } = made;
        let now = self.now();
        for name in locked {
            self.manager.notification_log().locked.add(name.clone(), now);
        }
        let (due, others): (Vec<_>, Vec<_>) = keys.into_iter().partition(|key| {
            let plugin = self.manager.set().prepared_of(&key.plugin);
            let is_same = plugin.and_then(|plugin| action_of(&plugin, key)).as_ref() == Some(&action);
            is_same && !locked.contains(&key.plugin)
        });
        if self.manager.0.context.shutdown.is_cancelled() {
            return;
        }
        if !due.is_empty() {
            self.make_call(action, due, target, now);
        }
        for key in others {
            let plugin = self.manager.set().prepared_of(&key.plugin);
            if let Some(plugin) = plugin {
                self.review(&plugin);
            }
        }
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
