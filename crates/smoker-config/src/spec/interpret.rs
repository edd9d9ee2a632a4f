//! The whole tree becomes settings and plugins.

use std::path::Path;

use smoker_model::plugin::PluginSpec;

use crate::error::Fault;
use crate::problem::ProblemLog;
use crate::spec::overrides::Overrides;
use crate::spec::plugins::Plugins;
use crate::spec::settings::unknown_keys;
use crate::spec::settings::{self, DaemonSettings};
use crate::spec::{plugins, sections, spelling};
use crate::yaml::node::{Entry, Node};

/// What a tree means, as far as it can be understood.
#[derive(Debug, Default)]
pub(crate) struct Interpreted {
    /// None when one of the settings makes no sense.
    pub(crate) settings: Option<DaemonSettings>,
    pub(crate) plugins: Vec<PluginSpec>,
    /// Plugins that do not load, with defaults in the place of what is wrong.
    pub(crate) left_out: Vec<PluginSpec>,
    /// Why no daemon starts with it; empty when there are settings and at least one plugin.
    pub(crate) faults: Vec<Fault>,
}

/// Reads the settings and the plugins of a tree. `path` is the configuration's, for messages.
pub(crate) fn interpret(
    root: &Node,
    path: &Path,
    overrides: Option<&Overrides>,
    problems: &mut ProblemLog,
) -> Interpreted {
    let mut read = Interpreted::default();
    let entries = match sections::top_level(root, path) {
        Ok(entries) => entries,
        Err(fault) => return Interpreted { faults: vec![fault], ..read },
    };
    let unread = unread_secrets(entries);
    if !unread.is_empty() {
        return Interpreted { faults: unread, ..read };
    }
    unknown_keys::report(entries, problems);
    spelling::report_misspelt(entries, problems);
    match settings::read(entries, problems) {
        Ok(settings) => read.settings = Some(settings),
        Err(faults) => read.faults.extend(faults),
    }
    match sections::find(entries, &root.place, problems) {
        Ok((sections, plugins)) => {
            let overridden = overrides.map(|overrides| overrides.apply(plugins, problems));
            let plugins = overridden.as_deref().unwrap_or(plugins);
            Plugins { loaded: read.plugins, left_out: read.left_out } = plugins::load(plugins, &sections, problems);
            if read.plugins.is_empty() {
                read.faults.push(plugins::none_loaded(path));
            }
        }
        Err(faults) => read.faults.extend(faults),
    }
    read
}

/// A fault for each secret that cannot be read of what all plugins share. A plugin with one is left out alone.
fn unread_secrets(entries: &[Entry]) -> Vec<Fault> {
    let shared = entries.iter().filter(|entry| entry.name.as_text() != Some("plugins"));
    let unread = shared.flat_map(|entry| entry.value.unread_secrets());
    unread.map(|(place, reason)| Fault::at(place, reason)).collect()
}
