//! Which plugins depend on others (`DependsOn`), or follow them (`After`).

use std::collections::{HashMap, HashSet};

use smoker_model::plugin::{PluginName, PluginSpec};

/// Who depends on whom.
#[derive(Debug, Default)]
pub(crate) struct Relations {
    /// The plugins that depend on one.
    pub(crate) dependents: HashMap<PluginName, Vec<PluginName>>,
    /// The plugins that run after one.
    pub(crate) followers: HashMap<PluginName, Vec<PluginName>>,
}

impl Relations {
    /// Those of these plugins.
    pub(crate) fn of<'a>(plugins: impl Iterator<Item = &'a PluginSpec>) -> Self {
        let mut relations = Self::default();
        for spec in plugins {
            for parent in &spec.rules.depends_on {
                relations.dependents.entry(parent.clone()).or_default().push(spec.name.clone());
            }
            for before in &spec.rules.after {
                relations.followers.entry(before.clone()).or_default().push(spec.name.clone());
            }
        }
        relations
    }

    /// The plugins that depend on one, directly or through others, each once.
    pub(crate) fn descendants(&self, name: &PluginName) -> Vec<PluginName> {
        let dependents = |name: &PluginName| self.dependents.get(name).into_iter().flatten();
        let (mut found, mut seen) = (Vec::new(), HashSet::new());
        let mut open = vec![name.clone()];
        while let Some(name) = open.pop() {
            let new = dependents(&name).filter(|name| seen.insert((*name).clone())).cloned();
            let new: Vec<_> = new.collect();
            found.extend(new.iter().cloned());
            open.extend(new);
        }
        found
    }
}
