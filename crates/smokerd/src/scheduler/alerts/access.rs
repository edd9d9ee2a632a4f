//! What actions were told: where it is kept, and what there is to say of it.

use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use chrono::DateTime;
use smoker_model::status::Status;
use smoker_runner::prepared::PreparedPlugin;
use tokio::task::JoinError;
use tokio::time::{Instant, timeout};

use crate::results::plugin::hard_state::HardState;
use crate::scheduler::alerts::decision::{Decision, decide};
use crate::scheduler::alerts::holds::hold::{Held, hold};
use crate::scheduler::alerts::notification_log::NotificationLog;
use crate::scheduler::alerts::notifier::Notifier;
use crate::scheduler::alerts::queued::queued;
use crate::scheduler::alerts::told::AlertKey;
use crate::scheduler::alerts::told_file::ToldFile;
use crate::scheduler::manager::PluginManager;

/// How long the record of notifications is waited for when the daemon stops.
const LAST_SAVE: Duration = Duration::from_secs(5);

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
        let log = NotificationLog::from_file(file);
        for (plugin, since) in log.bad_since() {
            self.state().begin_bad_spell(&plugin, since);
        }
        *self.notification_log() = log;
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
            let key = AlertKey::of(spec, action);
            let now = context.clock.now().wall;
            let (decision, locked_until) = {
                let log = self.notification_log();
                let decision = decide(&action.rules, followed, &log.delivery(&key), now);
                (decision, log.locked.until(&spec.name, now))
            };
            let event = if let Decision::Call(event) = decision { Some(event) } else { None };
            let call = Held { told: &told, followed, rules: &action.rules, event, locked_until };
            let held = hold(spec, call, context, |_, _| false);
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
            let key = AlertKey::of(spec, action);
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

impl Notifier {
    /// Begins to write what was told since the last time, unless that is being written, or could not be written a moment ago.
    pub(super) fn save(&mut self) {
        let may_begin = self.saving.is_empty();
        let Some(file) = may_begin.then(|| self.manager.notification_log().take_unsaved()).flatten() else { return };
        self.begin_save(file);
    }

    /// When it is written next, if nothing happens until then.
    pub(super) fn next_save(&self) -> Option<Instant> {
        let next = self.manager.notification_log().next_save().filter(|_| self.saving.is_empty());
        next.map(Instant::from_std)
    }

    pub(super) fn saved(&self, written: Result<Result<(), String>, JoinError>) {
        self.manager.notification_log().saved(flattened(written));
    }

    /// Writes what the file does not have yet, before the daemon ends. What cannot be written is told.
    pub(super) async fn save_rest(&mut self) {
        let save = async {
            while let Some(written) = self.saving.join_next().await {
                self.saved(written);
            }
            let Some(file) = self.manager.notification_log().take_unsaved_now() else { return Ok(()) };
            self.begin_save(file);
            self.saving.join_next().await.map_or(Ok(()), flattened)
        };
        let saved = timeout(LAST_SAVE, save).await.unwrap_or_else(|_| Err("it takes too long".to_owned()));
        if let Err(error) = saved {
            tracing::error!(
                "actions: the record of notifications could not be written before the end: {error}; some are called once more"
            );
        }
    }

    fn begin_save(&mut self, file: ToldFile) {
        let manager = self.manager.clone();
        self.saving.spawn_blocking(move || file.write(move || manager.notification_log().lines()));
    }
}

fn flattened(written: Result<Result<(), String>, JoinError>) -> Result<(), String> {
    written.unwrap_or_else(|error| Err(format!("its task panicked: {error}")))
}
