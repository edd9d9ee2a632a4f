//! The plugins that a plugin depends on, and those that these depend on.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use smoker_model::plugin::{PluginName, PluginSpec};

/// All plugins that others depend on, as they are configured. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ancestors(Arc<Mutex<Arc<Parents>>>);

type Parents = HashMap<PluginName, Arc<PluginSpec>>;

impl Ancestors {
    /// Replaces them by those of another configuration.
    pub(crate) fn replace<'a>(&self, plugins: impl Iterator<Item = &'a Arc<PluginSpec>>) {
        let plugins: Vec<_> = plugins.collect();
        let names: HashSet<&PluginName> = plugins.iter().flat_map(|spec| &spec.rules.depends_on).collect();
        let parents = plugins.iter().filter(|spec| names.contains(&spec.name));
        let parents: Parents = parents.map(|spec| (spec.name.clone(), Arc::clone(spec))).collect();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(parents);
    }

    /// Those of a plugin: its parents first, then theirs, each once. Names that are not configured have none.
    pub(crate) fn of(&self, spec: &PluginSpec) -> Vec<Arc<PluginSpec>> {
        if spec.rules.depends_on.is_empty() {
            return Vec::new();
        }
        let parents = Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let (mut found, mut seen) = (Vec::<Arc<PluginSpec>>::new(), HashSet::new());
        let mut names = spec.rules.depends_on.clone();
        let mut next = 0;
        loop {
            let new = names.iter().filter(|name| seen.insert((*name).clone()));
            found.extend(new.filter_map(|name| parents.get(name).cloned()));
            let Some(parent) = found.get(next) else { return found };
            names.clone_from(&parent.rules.depends_on);
            next += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ancestors_are_found_once_the_nearest_first() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let text = "templates: {BasePlugin: {Command: x}}\nplugins:\n  Net: {}\n  Db: {DependsOn: Net}\n  \
                    Cache: {DependsOn: Net}\n  App: {DependsOn: [Db, Cache]}\n  Web: {DependsOn: [App, Net]}\n";
        std::fs::write(file.path(), text).expect("writable");
        let plugins = smoker_config::config::load(file.path(), |_| None).expect("it is valid").plugins;
        let plugins: Vec<_> = plugins.into_iter().map(Arc::new).collect();
        let ancestors = Ancestors::default();
        ancestors.replace(plugins.iter());
        let of = |name: &str| {
            let spec = plugins.iter().find(|spec| spec.name.as_str() == name).expect("configured");
            ancestors.of(spec).iter().map(|spec| spec.name.to_string()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(["Net", "Db", "App", "Web"].map(of), ["", "Net", "Db Cache Net", "App Net Db Cache"]);
    }
}
