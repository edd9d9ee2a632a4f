//! Plugins that `Check: cluster` counts, and that do not exist.

use smoker_model::suggest;
use smoker_model::value::Value;

use crate::lint::findings::Findings;
use crate::lint::linted_plugin::LintedPlugin;

/// Names without `*` and `?` that are none of `all`.
pub(crate) fn review(plugin: &LintedPlugin<'_>, all: &[&str], findings: &mut Findings) {
    if !plugin.is_check() || plugin.get("Check").and_then(Value::as_text) != Some("cluster") {
        return;
    }
    for key in ["Plugins", "Plugin"] {
        let place = plugin.resolved.parameters.get(key).and_then(|parameter| parameter.place.as_ref());
        let (Some(place), Some(value)) = (place, plugin.get(key)) else { continue };
        let one = std::slice::from_ref(value);
        let names = if let Value::List(items) = value { items.as_slice() } else { one };
        let is_unknown = |name: &&str| !name.contains(['*', '?']) && !all.contains(name);
        if let Some(name) = names.iter().filter_map(Value::as_text).find(is_unknown) {
            let near = suggest::near(name, all).map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            let text =
                format!("{key} names {name}, which is no plugin of this configuration, so each run is an ERROR{near}");
            findings.of_plugin(plugin.name, place, "reference", &text);
        }
    }
}
