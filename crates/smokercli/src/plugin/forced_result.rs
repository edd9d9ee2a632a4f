//! The result of a forced run, in the place of the last result.

use serde_json::{Map, Value as Json};

/// Replaces `lastResult` by `forcedResult`; by null without one.
///
/// A forced run is reported by its own result. When the client fetches it, a
/// scheduled run may have left a newer `lastResult`, or the plugin may keep no
/// results at all. The mapping of components becomes the list that
/// `lastResult` has.
pub(super) fn take_forced_result(plugin: &mut Map<String, Json>) {
    let Some(Json::Object(forced)) = plugin.get("forcedResult") else {
        // An older result must not pass for that of the run.
        let other = plugin.get("forcedResult").cloned().unwrap_or_default();
        plugin.insert("lastResult".to_owned(), other);
        return;
    };
    let member =
        |name: &str| plugin.get("lastResult").and_then(|result| result.get(name)).filter(|value| !value.is_null());
    let is_same = |name: &str| member(name).is_some_and(|value| forced.get(name) == Some(value));
    if is_same("lastRun") && is_same("status") {
        return;
    }
    let mut result = forced.clone();
    if let Some(Json::Object(members)) = result.get_mut("componentResults")
        && !members.is_empty()
    {
        let items = std::mem::take(members).into_iter().map(|(name, mut component)| {
            if let Json::Object(component) = &mut component {
                component.entry("name").or_insert(Json::String(name));
            }
            serde_json::json!({"componentResult": component})
        });
        let items = items.collect();
        result.insert("componentResults".to_owned(), Json::Array(items));
    }
    plugin.insert("lastResult".to_owned(), Json::Object(result));
}
