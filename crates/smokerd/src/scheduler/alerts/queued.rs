//! Which actions have a place in the queue.

use smoker_model::plugin::{ActionOn, ActionRules, ActionSpec, PluginSpec};
use smoker_model::status::Status;
use smoker_runner::prepared::PreparedPlugin;

use crate::scheduler::alerts::notification_log::NotificationLog;
use crate::scheduler::alerts::told::{AlertKey, Delivery, Told};

/// The actions of a plugin that have a place in the queue: those that follow changes, and those that follow each result, where
/// they may have to wait because of other plugins.
pub(super) fn queued(plugin: &PreparedPlugin) -> impl Iterator<Item = &ActionSpec> {
    let spec = plugin.spec();
    let waits = !spec.rules.depends_on.is_empty();
    spec.actions.iter().filter(move |action| waits || action.rules.is_deferred())
}

/// Whether a plugin has any.
pub(super) fn has_queued(plugin: &PreparedPlugin) -> bool {
    queued(plugin).next().is_some()
}

/// Their keys.
pub(super) fn queued_keys(plugin: &PreparedPlugin) -> impl Iterator<Item = AlertKey> {
    queued(plugin).map(move |action| AlertKey::of(plugin.spec(), action))
}

/// The action of a plugin that a key is about.
pub(super) fn action_of(plugin: &PreparedPlugin, key: &AlertKey) -> Option<ActionSpec> {
    plugin.spec().actions.iter().find(|action| AlertKey::of(plugin.spec(), action) == *key).cloned()
}

/// Whether the recovery of an escalation, which had this delivery, is told by the same action in an earlier role: among the ordinary
/// actions, or as an earlier step that was told of what is over.
pub(super) fn is_told_by_another(
    spec: &PluginSpec,
    action: &ActionSpec,
    own: &Delivery,
    log: &NotificationLog,
) -> bool {
    let follows_recoveries =
        |rules: &ActionRules| matches!(rules.on, ActionOn::Always | ActionOn::Change | ActionOn::Recovery);
    let told_at = own.all().filter(|told| told.status != Status::Ok).map(|told| told.at).min();
    let tells = |told: &Told| told.status != Status::Ok || told_at.is_some_and(|at| told.at >= at);
    let has_part = |other: &ActionSpec| {
        other.rules.escalates_after.is_none() || log.delivery(&AlertKey::of(spec, other)).all().any(tells)
    };
    let mut earlier = spec.actions.iter().take_while(|other| *other != action);
    action.rules.escalates_after.is_some()
        && action.name.is_some()
        && earlier.any(|other| other.name == action.name && follows_recoveries(&other.rules) && has_part(other))
}
