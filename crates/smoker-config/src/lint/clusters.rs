//! Plugins that `Check: cluster` counts, and that do not exist.

use regex::Regex;
use smoker_model::suggest;
use smoker_model::value::Value;

use crate::lint::findings::Findings;
use crate::lint::linted_plugin::LintedPlugin;
use crate::yaml::node::{Entry, find_text};

/// The names of the plugins of a configuration.
pub(crate) struct PluginNames<'a> {
    all: Vec<&'a str>,
    switched_off: Vec<&'a str>,
}

impl<'a> PluginNames<'a> {
    /// Those of these entries.
    pub(crate) fn of(plugins: &'a [Entry]) -> Self {
        let is_off = |plugin: &Entry| {
            let enabled = plugin.value.entries().and_then(|body| find_text(body, "Enabled"));
            enabled.is_some_and(|enabled| enabled.value.to_value() == Value::Bool(false))
        };
        let named = || plugins.iter().filter_map(|plugin| Some((plugin.name.as_text()?, is_off(plugin))));
        let of = |wanted: bool| named().filter(|(_, is_off)| *is_off == wanted).map(|(name, _)| name).collect();
        Self { all: of(false), switched_off: of(true) }
    }

    /// What is wrong with a name or pattern of a cluster of this name; none when it counts a plugin.
    fn fault(&self, name: &str, own: &str) -> Option<String> {
        if name == own {
            return Some("is this plugin itself".to_owned());
        }
        if self.all.contains(&name) {
            return None;
        }
        if self.switched_off.contains(&name) {
            return Some("is switched off".to_owned());
        }
        if name.contains(['*', '?']) {
            let pattern = format!("^{}$", regex::escape(name).replace(r"\*", ".*").replace(r"\?", "."));
            let is_one = |pattern: &Regex| self.all.iter().any(|other| *other != own && pattern.is_match(other));
            let has_any = Regex::new(&pattern).map_or(true, |pattern| is_one(&pattern));
            return (!has_any).then(|| "fits no other plugin of this configuration".to_owned());
        }
        Some("is no plugin of this configuration".to_owned())
    }
}

/// Names that are those of no plugin that runs, and patterns that fit none.
pub(crate) fn review(plugin: &LintedPlugin<'_>, names: &PluginNames<'_>, findings: &mut Findings) {
    if !plugin.is_check() || plugin.get("Check").and_then(Value::as_text) != Some("cluster") {
        return;
    }
    for key in ["Plugins", "Plugin"] {
        let place = plugin.resolved.parameters.get(key).and_then(|parameter| parameter.place.as_ref());
        let (Some(place), Some(value)) = (place, plugin.get(key)) else { continue };
        let one = std::slice::from_ref(value);
        let items = if let Value::List(items) = value { items.as_slice() } else { one };
        let wrong = |name: &str| Some((name.to_owned(), names.fault(name, plugin.name)?));
        if let Some((name, fault)) = items.iter().filter_map(Value::as_text).find_map(wrong) {
            let near = suggest::near(&name, &names.all).filter(|near| *near != plugin.name && **near != name);
            let next = match near {
                Some(near) => format!("; did you mean {near}?"),
                None if fault.starts_with("is no plugin") => String::new(),
                None => "; correct it".to_owned(),
            };
            let text = format!("{key} names {name}, which {fault}, so each run is an ERROR{next}");
            findings.of_plugin(plugin.name, place, "reference", &text);
        }
    }
}
