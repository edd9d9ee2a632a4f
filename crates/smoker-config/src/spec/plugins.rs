//! All plugins: those that load, and a problem for each that does not.

use std::path::Path;

use smoker_model::plugin::{PluginName, PluginSpec};

use crate::error::Fault;
use crate::problem::{ProblemLog, Severity};
use crate::spec::resolve::{Sections, resolve};
use crate::spec::validate;
use crate::yaml::merge::shown;
use crate::yaml::node::Entry;

/// Loads the plugins in the order of the file. A broken one is reported and left out.
pub(crate) fn load(plugins: &[Entry], sections: &Sections<'_>, problems: &mut ProblemLog) -> Vec<PluginSpec> {
    plugins.iter().filter_map(|plugin| load_one(plugin, sections, problems)).collect()
}

fn load_one(plugin: &Entry, sections: &Sections<'_>, problems: &mut ProblemLog) -> Option<PluginSpec> {
    let name = PluginName::from(shown(&plugin.name).as_str());
    let spec = match resolve(plugin, sections) {
        Ok(Some(resolved)) => validate::plugin(resolved, problems),
        Ok(None) => {
            let text = format!("Plugin {name} is switched off (Enabled: false)");
            problems.add_of_plugin(Severity::Info, &plugin.place, &name, text);
            return None;
        }
        Err(refusal) => Err(refusal),
    };
    spec.map_err(|refusal| {
        let text = format!("Plugin {name} not loaded: {}", refusal.reason);
        problems.add_of_plugin(Severity::Error, &refusal.place, &name, text);
    })
    .ok()
}

/// What to say when there are plugins but none of them loads; each has its own problem.
pub(crate) fn none_loaded(path: &Path) -> Fault {
    Fault::bare(format!(
        "No plugins loaded! Every plugin of {} is switched off or has a problem of its own",
        path.display()
    ))
}
