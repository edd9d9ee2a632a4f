//! Values that are probably not what was meant.

use smoker_model::suggest;
use smoker_model::value::Value;

use crate::lint::findings::Findings;
use crate::lint::linted_plugin::LintedPlugin;
use crate::lint::references;
use crate::spec::values::quantity;
use crate::yaml::node::find_text;

/// The parameters that options of the clients look for.
const LABELS: [&str; 3] = ["Type", "Category", "Component"];

/// The values of `Type` that options of the clients look for.
const TYPES: [&str; 2] = ["healthCheck", "smokeTest"];

pub(crate) fn review(plugin: &LintedPlugin<'_>, findings: &mut Findings) {
    let mut warn = |key: &'static str, text: Option<String>| {
        let place = plugin.resolved.parameters.get(key).and_then(|parameter| parameter.place.as_ref());
        if let (Some(place), Some(text)) = (place, text) {
            findings.of_plugin(plugin.name, place, key, &text);
        }
    };
    warn("Type", plugin.get("Type").and_then(kind));
    warn("MaintenanceLock", plugin.get("MaintenanceLock").and_then(lock));
    warn("Splay", splay(plugin));
    review_case(plugin, findings);
}

/// A label of the clients' options in another case, by which no client finds the plugin.
fn review_case(plugin: &LintedPlugin<'_>, findings: &mut Findings) {
    for entry in plugin.body {
        let Some(name) = entry.name.as_text() else { continue };
        let label = LABELS.iter().find(|label| label.eq_ignore_ascii_case(name) && **label != name);
        let Some(label) = label.filter(|_| !references::is_referred_to(plugin, name) && !plugin.is_read_by_code())
        else {
            continue;
        };
        let text = format!("{name} is not the parameter {label} that options of the clients look for; write {label}");
        findings.of_plugin(plugin.name, &entry.place, "reference", &text);
    }
}

fn kind(value: &Value) -> Option<String> {
    let name = value.as_text().filter(|name| !TYPES.contains(name))?;
    let near = suggest::near(name, &TYPES)?;
    let option = if near == TYPES[0] { "--health" } else { "--smoke" };
    Some(format!("Type {name} is not found by the clients' {option}; did you mean {near}?"))
}

fn lock(value: &Value) -> Option<String> {
    let path = value.as_text().filter(|path| !path.is_empty() && !path.starts_with('/') && !path.contains("%("))?;
    Some(format!(
        "MaintenanceLock {path} is looked for in the folder in which smokerd was started; write its whole path"
    ))
}

/// A `Splay` of the plugin's own that does not count as it is written; one of a template is for many plugins.
fn splay(plugin: &LintedPlugin<'_>) -> Option<String> {
    if plugin.get("Splay").and_then(|splay| quantity::seconds(splay).ok()).is_some_and(|splay| splay < 0.0) {
        return Some("Splay is below 0 and counts as 0; write 0, or the seconds over which runs are spread".to_owned());
    }
    if plugin.get("Cron").or(plugin.get("At")).is_some() {
        return None;
    }
    let splay = quantity::seconds(&find_text(plugin.body, "Splay")?.value.to_value()).ok()?;
    let interval = plugin.get("Interval").map_or(Ok(0.0), quantity::seconds).ok()?;
    if splay <= 0.0 || splay <= interval {
        return None;
    }
    Some(if interval > 0.0 {
        format!("Splay counts as {interval} seconds, its Interval, since it cannot be longer; write that, or remove it")
    } else {
        "Splay spreads runs by time, and without an Interval it has none; set an Interval, or remove it".to_owned()
    })
}
