//! All configured plugins in configuration order, each with its results and its next run.

use std::mem;
use std::sync::Arc;

use indexmap::IndexMap;
use smoker_model::plugin::PluginName;

use crate::results::config_fields::ConfigFields;
use crate::results::counters::RunCounters;
use crate::results::history::{History, Sequence};
use crate::results::snapshot::PluginSnapshot;

/// The number of the reload that gave a plugin its configuration; 0 is the
/// start. A next run that a task reports for an earlier generation is ignored.
pub(crate) type ConfigGeneration = u64;

/// A plugin of a new configuration.
#[derive(Debug)]
pub(crate) struct NewPlugin {
    pub(crate) name: PluginName,
    pub(crate) config: Arc<ConfigFields>,
    /// How many results are kept.
    pub(crate) history: usize,
    /// None: the plugin is unchanged, and its next run stays as it is.
    pub(crate) next_run: Option<NextRun>,
}

/// When a plugin runs next, for the pages.
#[derive(Clone, Debug)]
pub(crate) struct NextRun {
    pub(crate) generation: ConfigGeneration,
    /// The time as JSON, `null` without one.
    pub(crate) text: Arc<str>,
}

impl NextRun {
    /// The earlier of both, since the task keeps the plan that it had when that is earlier. Timestamps sort as texts.
    fn not_later_than(self, before: Self) -> Self {
        let has_plan = *self.text != *"null";
        let text = if has_plan && *before.text < *self.text { before.text } else { self.text };
        Self { text, ..self }
    }
}

/// A plugin of the table.
#[derive(Debug)]
pub(crate) struct PluginEntry {
    pub(crate) config: Arc<ConfigFields>,
    pub(crate) history: History,
    pub(crate) counters: RunCounters,
    pub(crate) next_run: NextRun,
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
    /// histories grew (negative: shrank).
    pub(crate) fn replace(&mut self, plugins: Vec<NewPlugin>) -> (IndexMap<PluginName, PluginEntry>, isize) {
        let mut before = mem::take(&mut self.0);
        let mut growth = 0;
        for NewPlugin { name, config, history: limit, next_run } in plugins {
            let (mut history, counters, next_run_before) = match before.swap_remove(&name) {
                Some(PluginEntry { history, counters, next_run, .. }) => (history, counters, Some(next_run)),
                None => (History::new(limit), RunCounters::default(), None),
            };
            growth += history.set_limit(limit);
            let no_run = || NextRun { generation: 0, text: "null".into() };
            let next_run = match (next_run, next_run_before) {
                (Some(new), Some(before)) => new.not_later_than(before),
                (new, before) => new.or(before).unwrap_or_else(no_run),
            };
            self.0.insert(name, PluginEntry { config, history, counters, next_run });
        }
        growth -= before.values().map(|entry| entry.history.size()).sum::<isize>();
        (before, growth)
    }
}

impl PluginEntry {
    /// What pages read of the plugin at this moment.
    pub(crate) fn snapshot(&self) -> PluginSnapshot {
        PluginSnapshot {
            config: Arc::clone(&self.config),
            last_result: self.history.newest().cloned(),
            next_run: Arc::clone(&self.next_run.text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::packed_text::PackedText;

    fn plugins(names: &[&str], next_run: Option<&NextRun>) -> Vec<NewPlugin> {
        let plugin = |name: &&str| NewPlugin {
            name: PluginName::from(*name),
            config: Arc::default(),
            history: 2,
            next_run: next_run.cloned(),
        };
        names.iter().map(plugin).collect()
    }

    #[test]
    fn an_unchanged_plugin_keeps_results_and_next_run_and_a_removed_one_is_returned() {
        let mut table = PluginTable::default();
        let soon = NextRun { generation: 1, text: "soon".into() };
        assert_eq!(table.replace(plugins(&["a", "b"], Some(&soon))).1, 0);
        let mut used = 0;
        for name in ["a", "b"] {
            used += table.get_mut(&name.into()).expect("known").history.push(1, name.into());
        }
        let (removed, growth) = table.replace(plugins(&["c", "b"], None));
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
