//! Plugins of the configuration that no daemon has: broken ones and those that are switched off.

use std::collections::HashSet;

use smoker_config::problem::{Problem, Severity};
use smoker_model::plugin::{PluginName, PluginSpec};

/// Why a plugin that is not loaded is not: what is wrong with it, else that it is switched off.
pub(crate) fn reasons<'a>(problems: &'a [Problem], name: &PluginName) -> Vec<&'a Problem> {
    let of = |severity| {
        let is_of = move |problem: &&Problem| problem.plugin.as_ref() == Some(name) && problem.severity == severity;
        problems.iter().filter(is_of).collect::<Vec<_>>()
    };
    let errors = of(Severity::Error);
    if errors.is_empty() { of(Severity::Info) } else { errors }
}

/// All of them, each with its reasons as one text; `plugins` are those that are loaded. One that is defined twice may be loaded
/// all the same.
pub(crate) fn all(problems: &[Problem], plugins: &[PluginSpec]) -> Vec<(PluginName, String)> {
    let loaded: HashSet<_> = plugins.iter().map(|plugin| &plugin.name).collect();
    let mut seen = HashSet::new();
    let names = problems.iter().filter_map(|problem| problem.plugin.as_ref());
    let absent = names.filter(|name| !loaded.contains(name) && seen.insert(*name));
    let with_reasons = |name: &PluginName| {
        let reasons: Vec<_> = reasons(problems, name).into_iter().map(ToString::to_string).collect();
        (!reasons.is_empty()).then(|| (name.clone(), reasons.join("; ")))
    };
    absent.filter_map(with_reasons).collect()
}
