//! All plugins: those that load, and a problem for each that does not.

use std::path::Path;

use chrono::Utc;
use smoker_model::plugin::{PluginName, PluginSpec};

use crate::error::Fault;
use crate::problem::{ProblemLog, Severity};
use crate::spec::plugin_fault::PluginFault;
use crate::spec::resolve::{Sections, resolve};
use crate::spec::validate::{self, Validated};
use crate::spec::{idle_relations, places, relations};
use crate::yaml::merge::shown;
use crate::yaml::node::Entry;

/// The plugins of a configuration, in the order of the file.
#[derive(Debug, Default)]
pub(crate) struct Plugins {
    pub(crate) loaded: Vec<PluginSpec>,
    /// Those that do not load, as far as they can be understood.
    pub(crate) left_out: Vec<PluginSpec>,
}

/// Loads the plugins. A broken one is reported, each of its faults, and left out.
pub(crate) fn load(plugins: &[Entry], sections: &Sections<'_>, problems: &mut ProblemLog) -> Plugins {
    let mut all = Plugins::default();
    for plugin in plugins {
        let Validated { spec, faults } = load_one(plugin, sections, problems);
        let name = PluginName::from(shown(&plugin.name).as_str());
        for PluginFault { place, reason } in &faults {
            let text = format!("Plugin {name} not loaded: {reason}");
            problems.add_of_plugin(Severity::Error, place, &name, text);
        }
        let of_its_kind = if faults.is_empty() { &mut all.loaded } else { &mut all.left_out };
        of_its_kind.extend(spec);
    }
    relate(&mut all, plugins, sections, problems);
    all
}

/// Looks at what the plugins say of each other: names that do not exist set nothing, plugins that wait for themselves are left out.
fn relate(all: &mut Plugins, plugins: &[Entry], sections: &Sections<'_>, problems: &mut ProblemLog) {
    let mut tell = |severity, name: &PluginName, key, verb: &str, reason: &str| {
        let Some(plugin) = plugins.iter().find(|plugin| shown(&plugin.name) == name.as_str()) else { return };
        let place = places::place_in_plugin(plugin, key, sections).unwrap_or_else(|| plugin.place.clone());
        problems.add_of_plugin(severity, &place, name, format!("Plugin {name}{verb}: {reason}"));
    };
    let known: Vec<_> = plugins.iter().map(|plugin| shown(&plugin.name)).collect();
    for (name, key, reason) in relations::take_out_unknown(&mut all.loaded, &known) {
        tell(Severity::Warning, &name, key, "", &reason);
    }
    for spec in &mut all.loaded {
        // Forced runs are no attempts, so results of nothing else would be soft for ever.
        if spec.trigger.is_none() && spec.rules.after.is_empty() {
            spec.rules.retries = None;
        }
    }
    for (name, key, reason) in relations::all_circles(&all.loaded) {
        tell(Severity::Error, &name, key, " not loaded", &reason);
        if let Some(at) = all.loaded.iter().position(|spec| spec.name == name) {
            all.left_out.push(all.loaded.remove(at));
        }
    }
    for (name, key, reason) in idle_relations::all(&all.loaded, Utc::now()) {
        tell(Severity::Warning, &name, key, "", &reason);
    }
}

fn load_one(plugin: &Entry, sections: &Sections<'_>, problems: &mut ProblemLog) -> Validated {
    match resolve(plugin, sections) {
        Ok(Some(resolved)) => validate::plugin(resolved, problems),
        Ok(None) => {
            let name = PluginName::from(shown(&plugin.name).as_str());
            let text = format!("Plugin {name} is switched off (Enabled: false)");
            problems.add_of_plugin(Severity::Info, &plugin.place, &name, text);
            Validated { spec: None, faults: Vec::new() }
        }
        Err(fault) => Validated { spec: None, faults: vec![fault] },
    }
}

/// What to say when there are plugins but none of them loads; each has its own problem.
pub(crate) fn none_loaded(path: &Path) -> Fault {
    Fault::bare(format!(
        "No plugins loaded! Every plugin of {} is switched off or has a problem of its own",
        path.display()
    ))
}
