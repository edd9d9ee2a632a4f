//! Which actions have a place in the queue.

use smoker_model::plugin::ActionSpec;
use smoker_runner::prepared::PreparedPlugin;

use crate::scheduler::alerts::told::AlertKey;

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
