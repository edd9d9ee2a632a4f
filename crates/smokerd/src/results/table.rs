//! All configured plugins in configuration order, each with its results and its next run.

use std::collections::HashMap;
use std::mem;
use std::sync::Arc;

use indexmap::IndexMap;
use smoker_model::plugin::PluginName;

use crate::results::kept::history::Sequence;
use crate::results::plugin::config_fields::ConfigFields;
use crate::results::plugin::next_run::NextRun;
use crate::results::plugin_entry::PluginEntry;

/// A plugin of a new configuration.
#[derive(Debug)]
pub(crate) struct NewPlugin {
    pub(crate) name: PluginName,
    pub(crate) config: Arc<ConfigFields>,
    /// How many results are kept.
    pub(crate) history: usize,
    /// How many numbers of bad results are kept.
    pub(crate) history_failures: usize,
    /// How often in a row a result has to be bad until it is hard.
    pub(crate) retries: Option<u32>,
    /// From how many changes of status on it is flapping, in percent.
    pub(crate) flap_threshold: Option<u8>,
    /// None: the plugin is unchanged, and its next run stays as it is.
    pub(crate) next_run: Option<NextRun>,
}

/// All plugins by name.
#[derive(Debug, Default)]
pub(crate) struct PluginTable(IndexMap<PluginName, PluginEntry>);

impl PluginTable {
    pub(crate) fn get(&self, name: &PluginName) -> Option<&PluginEntry> {
        self.0.get(name)
    }

    pub(crate) fn get_mut(&mut self, name: &PluginName) -> Option<&mut PluginEntry> {
        self.0.get_mut(name)
    }

    /// Adds a plugin that has results before its configuration is known.
    pub(crate) fn insert(&mut self, name: PluginName, entry: PluginEntry) {
        self.0.insert(name, entry);
    }

    /// All plugins with their names.
    pub(crate) fn named(&self) -> impl Iterator<Item = (&PluginName, &PluginEntry)> {
        self.0.iter()
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = &PluginEntry> {
        self.0.values()
    }

    /// The plugin with the oldest result that may be evicted, and that result's number.
    pub(crate) fn oldest_evictable(&mut self) -> Option<(Sequence, &mut PluginEntry)> {
        let evictable =
            |(at, entry): (usize, &PluginEntry)| entry.history.oldest_evictable().map(|sequence| (sequence, at));
        let (sequence, at) = self.0.values().enumerate().filter_map(evictable).min()?;
        self.0.get_index_mut(at).map(|(_, entry)| (sequence, entry))
    }

    /// Replaces all plugins. A plugin that is still configured keeps its
    /// history and counters; a removed one is returned. Also returns by how many bytes the
    /// histories grew (negative: shrank). One that was not configured, or keeps more than before, may be `returning`.
    pub(crate) fn replace(
        &mut self,
        plugins: Vec<NewPlugin>,
        mut returning: HashMap<PluginName, PluginEntry>,
    ) -> (IndexMap<PluginName, PluginEntry>, isize) {
        let mut before = mem::take(&mut self.0);
        let mut growth = 0;
        for NewPlugin { name, config, history: limit, history_failures, retries, flap_threshold, next_run } in plugins {
            let returned = returning.remove(&name);
            let mut entry = match (before.swap_remove(&name), returned) {
                (Some(mut entry), Some(returned)) => {
                    growth += entry.add_older(returned);
                    entry
                }
                (Some(entry), None) => entry,
                (None, returned) => {
                    let entry = returned.unwrap_or_else(PluginEntry::new);
                    growth += entry.history.size();
                    entry
                }
            };
            growth += entry.history.set_limit(limit);
            entry.failures.set_limit(history_failures);
            if let Some(next_run) = next_run {
                entry.next_run = next_run.not_later_than(entry.next_run);
            }
            entry.config = config;
            (entry.retries, entry.flap_threshold) = (retries, flap_threshold);
            entry.is_flapping = entry.changes.is_flapping(flap_threshold, entry.is_flapping);
            self.0.insert(name, entry);
        }
        growth -= before.values().map(|entry| entry.history.size()).sum::<isize>();
        (before, growth)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::kept::packed_text::PackedText;

    fn plugins(names: &[&str], next_run: Option<&NextRun>) -> Vec<NewPlugin> {
        let plugin = |name: &&str| NewPlugin {
            name: PluginName::from(*name),
            config: Arc::default(),
            history: 2,
            history_failures: 50,
            retries: None,
            flap_threshold: None,
            next_run: next_run.cloned(),
        };
        names.iter().map(plugin).collect()
    }

    #[test]
    fn an_unchanged_plugin_keeps_results_and_next_run_and_a_removed_one_is_returned() {
        let mut table = PluginTable::default();
        let soon = NextRun { generation: 1, text: "soon".into() };
        assert_eq!(table.replace(plugins(&["a", "b"], Some(&soon)), HashMap::new()).1, 0);
        let mut used = 0;
        for name in ["a", "b"] {
            used += table.get_mut(&name.into()).expect("known").history.push(1, name.into());
        }
        let (removed, growth) = table.replace(plugins(&["c", "b"], None), HashMap::new());
        assert_eq!(removed.keys().map(PluginName::as_str).collect::<Vec<_>>(), ["a"]);
        assert_eq!(used + growth, table.entries().map(|entry| entry.history.size()).sum::<isize>());
        let kept = table.get(&"b".into()).expect("known");
        assert_eq!(
            (kept.history.newest().map(PackedText::unpack).as_deref(), &*kept.next_run.text),
            (Some("b"), "soon")
        );
        assert!(table.get(&"c".into()).expect("known").history.newest().is_none());
        assert!(table.get(&"a".into()).is_none());
    }
}
