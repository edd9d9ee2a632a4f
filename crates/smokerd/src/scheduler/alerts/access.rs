//! What actions were told: where it is kept, and what there is to say of it.

use std::sync::{MutexGuard, PoisonError};

use chrono::DateTime;
use smoker_model::plugin::PluginSpec;
use smoker_model::status::Status;
use smoker_runner::prepared::PreparedPlugin;

use crate::results::plugin::hard_state::HardState;
use crate::scheduler::alerts::board::AlertBoard;
use crate::scheduler::alerts::decision::{Decision, decide};
use crate::scheduler::alerts::holds::hold;
use crate::scheduler::alerts::queued::queued;
use crate::scheduler::alerts::told::AlertKey;
use crate::scheduler::alerts::told_file::ToldFile;
use crate::scheduler::manager::PluginManager;
use crate::scheduler::run::TaskContext;

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
        *self.alert_board() = AlertBoard::from_file(file);
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
                let board = self.alert_board();
                decide(&action.rules, followed, &board.known(&key), context.clock.now().wall)
            };
            let held = hold(spec, (&told, followed, &action.rules), context, |_, _| false);
            // What waits for other runs is of interest where there is something to tell.
            let held = held.filter(|held| held.awaited.is_empty() || matches!(decision, Decision::Call(_)));
            if let Some(held) =
                held.map(|held| format!("actions are held: {}", by_clocks_of(spec, held.reason, context)))
                && !lines.contains(&held)
            {
                lines.push(held);
            }
        }
        let board = self.alert_board();
        for action in queued(plugin) {
            let key = AlertKey::of(&spec.name, action);
            let name = if key.action.is_empty() { "of its template" } else { &key.action };
            let zone = &spec.rules.zone;
            let due = self.0.due_calls.time_of(&key).filter(|_| action.rules.group.is_some());
            let due = due.map(|at| format!("waits until {} for others of the group", zone.shown(at)));
            lines
                .extend(board.describe(&key, zone).into_iter().chain(due).map(|text| format!("action {name}: {text}")));
        }
        lines
    }

    /// What actions were told.
    pub(super) fn alert_board(&self) -> MutexGuard<'_, AlertBoard> {
        self.0.alert_board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The reason of a hold; that another plugin is bad is said by the clocks of this one.
fn by_clocks_of(spec: &PluginSpec, reason: String, context: &TaskContext) -> String {
    let ancestors = context.ancestors.of(spec);
    let bad = context.state.bad_parent(ancestors.iter().map(|ancestor| &ancestor.name));
    let bad = bad.filter(|bad| reason == bad.reason_of_day(context.clock.now().wall));
    bad.map_or(reason, |bad| bad.reason(&spec.rules.zone.shown(bad.since)))
}
