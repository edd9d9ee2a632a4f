//! What a filter asks for and no plugin has, in words, with what was probably meant.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use smoker_model::suggest;

use crate::filter::{Filter, FilterMode};
use crate::plugin::Plugin;
use crate::plugin::value_text::printed;

/// How many values of a parameter are kept: a daemon may have any number.
const MAX_VALUES: usize = 1000;
/// The parameter by which `--smoke` and `--health` choose.
const TYPE: &str = "Type";
/// The longest value that is kept, in bytes.
const MAX_VALUE: usize = 100;

/// The parameters of plugins that have been seen, with the values of those by which a filter chooses.
#[derive(Clone, Debug, Default)]
pub struct SeenParameters(BTreeMap<String, BTreeSet<String>>);

impl SeenParameters {
    /// Adds those of a plugin.
    pub fn add(&mut self, plugin: &Plugin, filter: &Filter) {
        let view = plugin.view();
        for (name, value) in view.parameters().into_iter().flatten() {
            let is_known = self.0.contains_key(name);
            if name.len() > MAX_VALUE || (!is_known && self.0.len() >= MAX_VALUES) {
                continue;
            }
            let values = self.0.entry(name.clone()).or_default();
            let is_tested =
                filter.tests.iter().any(|test| test.key == *name) || (name == TYPE && !filter.types.is_empty());
            let value = Some(value).filter(|_| is_tested && values.len() < MAX_VALUES).map(printed);
            values.extend(value.filter(|value| value.len() <= MAX_VALUE).map(Cow::into_owned));
        }
    }

    /// The test as it is not met by any of them, if it is not.
    fn unmet(&self, key: &str, value: &str) -> Option<String> {
        let Some(values) = self.0.get(key) else {
            let known: Vec<_> = self.0.keys().map(String::as_str).collect();
            return Some(format!("no plugin has the parameter {key}{}", meant(key, &known)));
        };
        let known: Vec<_> = values.iter().map(String::as_str).collect();
        (!values.contains(value)).then(|| format!("no plugin has the {key} {value}{}", meant(value, &known)))
    }
}

fn meant(typed: &str, known: &[&str]) -> String {
    suggest::near(typed, known).map_or(String::new(), |near| format!("; did you mean {near}?"))
}

/// Why the filter cannot be used: this host masks a parameter by which it selects.
#[must_use]
pub fn masked(filter: &Filter, host: &str, plugins: &[Plugin]) -> Option<String> {
    let key = plugins.iter().find_map(|plugin| filter.masked_key(plugin))?;
    Some(format!(
        "--filter '{key} ...': host {host} does not show this value, which is secret, so nothing can be filtered by it; \
         filter by another parameter, or set show_secrets in the configuration of the daemon"
    ))
}

/// The names that were probably meant by those that no host has.
#[must_use]
pub fn near_names(unknown: &[String], known: &[&str]) -> Vec<String> {
    let mut near: Vec<_> = unknown.iter().filter_map(|name| suggest::near(name, known)).map(str::to_owned).collect();
    near.dedup();
    near
}

/// What there is to say of names of `--exclude-plugins` that no plugin has: it would run. `names` are those of the plugins of all hosts.
#[must_use]
pub fn unused_exclusions<'a>(filter: &Filter, names: &(impl Iterator<Item = &'a str> + Clone)) -> Option<String> {
    if filter.excluded_names.is_empty() {
        return None;
    }
    let known: Vec<_> = names.clone().collect();
    let resolved = filter.resolve_names(names).excluded_names;
    let unused: Vec<_> = resolved.into_iter().filter(|name| !known.contains(&name.as_str())).collect();
    let near = near_names(&unused, &known);
    let meant = if near.is_empty() { String::new() } else { format!("; did you mean {}?", near.join(", ")) };
    (!unused.is_empty())
        .then(|| format!("--exclude-plugins {}: no host has a plugin of that name{meant}", unused.join(", ")))
}

/// A line for each host that lacks plugins which the call names, and one for the names that no host has.
#[must_use]
pub fn missing_lines<'a>(
    hosts: impl Iterator<Item = (&'a str, &'a [String])>,
    unknown: &[String],
    near: &[String],
) -> Vec<String> {
    let mut lines = Vec::new();
    for (host, missing) in hosts {
        let missing: Vec<_> = missing.iter().filter(|name| !unknown.contains(name)).map(String::as_str).collect();
        if !missing.is_empty() {
            lines.push(format!("Host {host}: MISSING {}", missing.join(", ")));
        }
    }
    if !unknown.is_empty() {
        let meant = if near.is_empty() { String::new() } else { format!("; did you mean {}?", near.join(", ")) };
        lines.push(format!("MISSING {}: no host has a plugin of that name{meant}", unknown.join(", ")));
    }
    lines
}

/// What a filter asks for and none of these plugins has, where it selects none of them; its names have been resolved.
#[must_use]
pub fn unmet_by<'p, I: Iterator<Item = &'p Plugin> + Clone>(
    filter: &Filter,
    plugins: impl Fn() -> I,
) -> Option<String> {
    if plugins().next().is_none() || plugins().any(|plugin| filter.selects(plugin)) {
        return None;
    }
    let mut seen = SeenParameters::default();
    plugins().for_each(|plugin| seen.add(plugin, filter));
    Some(unmet(filter, &plugins().map(Plugin::name), &seen))
}

/// What a filter asks for and no plugin of the hosts has, in words: a name, or the value of a parameter, each with a near one that there
/// is. `names` are those of all plugins.
#[must_use]
pub fn unmet<'a>(filter: &Filter, names: &(impl Iterator<Item = &'a str> + Clone), seen: &SeenParameters) -> String {
    if filter.mode == FilterMode::Drop {
        return "the filters leave no plugin of any host".to_owned();
    }
    let known: Vec<_> = names.clone().collect();
    let wanted = filter.wanted_names(names).into_iter().filter(|wanted| wanted.names.is_empty());
    let mut unmet: Vec<_> = wanted
        .map(|wanted| {
            let typed = &wanted.typed;
            format!("no host has a plugin of the name {typed}{}", meant(typed, &known))
        })
        .collect();
    unmet.extend(filter.tests.iter().filter_map(|test| seen.unmet(&test.key, &test.value)));
    let lacks = |kind: &String| seen.unmet(TYPE, kind);
    if filter.types.iter().all(|kind| lacks(kind).is_some()) {
        unmet.extend(filter.types.iter().filter_map(lacks));
    }
    if unmet.is_empty() {
        return "no plugin of any host passes all filters".to_owned();
    }
    unmet.join("; ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use serde_json::value::to_raw_value;

    use super::*;
    use crate::filter::ParameterTest;

    #[test]
    fn what_no_plugin_has_is_named_with_a_near_one() {
        let plugin = |name: &str, category: &str| {
            let object = json!({"name": name, "parameters": {"Category": category}, "lastResult": null});
            Plugin::parse(to_raw_value(&object).expect("JSON"))
        };
        let plugins = [plugin("Web", "system"), plugin("Disk", "storage")];
        let unmet = |names: &[&str], tests: &[&str]| {
            let filter = Filter {
                names: names.iter().map(|name| (*name).to_owned()).collect(),
                tests: tests.iter().filter_map(|test| ParameterTest::parse(test)).collect(),
                ..Filter::default()
            };
            let mut seen = SeenParameters::default();
            for plugin in &plugins {
                seen.add(plugin, &filter);
            }
            super::unmet(&filter, &plugins.iter().map(Plugin::name), &seen)
        };
        assert_eq!(unmet(&["Dsik"], &[]), "no host has a plugin of the name Dsik; did you mean Disk?");
        assert_eq!(unmet(&["Web,Nothing"], &[]), "no host has a plugin of the name Nothing");
        assert_eq!(unmet(&[], &["Category systme"]), "no plugin has the Category systme; did you mean system?");
        assert_eq!(unmet(&[], &["Catgeory system"]), "no plugin has the parameter Catgeory; did you mean Category?");
        assert_eq!(unmet(&["Web"], &["Category storage"]), "no plugin of any host passes all filters");
    }
}
