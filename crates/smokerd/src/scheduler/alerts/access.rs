//! What actions were told: where it is kept, and what there is to say of it.

use std::sync::{MutexGuard, PoisonError};

use chrono::DateTime;
use smoker_model::status::Status;
use smoker_runner::prepared::PreparedPlugin;

use crate::results::plugin::hard_state::HardState;
use crate::scheduler::alerts::decision::{Decision, decide};
use crate::scheduler::alerts::holds::hold;
use crate::scheduler::alerts::notification_log::NotificationLog;
use crate::scheduler::alerts::queued::queued;
use crate::scheduler::alerts::told::AlertKey;
use crate::scheduler::alerts::told_file::ToldFile;
use crate::scheduler::manager::PluginManager;

/// What an action follows as long as its plugin has no result.
const NO_RESULT: HardState = HardState {
    status: Status::Ok,
    since: DateTime::UNIX_EPOCH,
    bad_since: None,
    sequence: 0,
    first: 0,
    started_behind: 0,
    attempt: 1,
};

impl PluginManager {
    /// Takes over what a file says that actions were told; the file has it from now on.
    pub(crate) fn keep_told_in(&self, file: ToldFile) {
        *self.notification_log() = NotificationLog::from_file(file);
    }

    /// What actions of a plugin were told, and why they are not told more, for people.
    pub(crate) fn alert_lines(&self, plugin: &PreparedPlugin) -> Vec<String> {
        let (spec, context) = (plugin.spec(), &self.0.context);
        let Some(told) = self.state().told_state(&spec.name) else { return Vec::new() };
        let mut lines = Vec::new();
        for action in queued(plugin) {
            let followed = match told.followed_by(&action.rules) {
                Some(followed) => followed,
                None if action.rules.is_deferred() => &NO_RESULT,
                None => continue,
            };
            let key = AlertKey::of(&spec.name, action);
            let decision = {
                let log = self.notification_log();
                decide(&action.rules, followed, &log.delivery(&key), context.clock.now().wall)
            };
            let held = hold(spec, (&told, followed, &action.rules), context, |_, _| false);
            // What waits for other runs is of interest where there is something to tell.
            let held = held.filter(|held| held.awaited.is_empty() || matches!(decision, Decision::Call(_)));
            if let Some(held) = held.map(|held| format!("actions are held: {}", held.reason))
                && !lines.contains(&held)
            {
                lines.push(held);
            }
        }
        let log = self.notification_log();
        for action in queued(plugin) {
            let key = AlertKey::of(&spec.name, action);
            let name = if key.action.is_empty() { "of its template" } else { &key.action };
            lines.extend(log.describe(&key, &spec.rules.zone).into_iter().map(|text| format!("action {name}: {text}")));
        }
        lines
    }

    /// What actions were told.
    pub(super) fn notification_log(&self) -> MutexGuard<'_, NotificationLog> {
        self.0.notification_log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
