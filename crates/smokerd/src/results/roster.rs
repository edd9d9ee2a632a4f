//! The plugins that the state knows of, in configuration order.

use std::mem;
use std::sync::Arc;

use indexmap::IndexMap;
use smoker_model::plugin::PluginName;

use crate::results::frame::Frame;
use crate::results::history::{History, Sequence};

/// Which reload (0: the start) made a plugin what it is. Tells what its task
/// says of an earlier definition from what it says of the one that counts.
pub(crate) type Edition = u64;

/// A plugin of a new configuration.
#[derive(Debug)]
pub(crate) struct NewPlugin {
    pub(crate) name: PluginName,
    pub(crate) frame: Arc<Frame>,
    /// How many results are kept.
    pub(crate) history: usize,
    /// Its plan; none: it is as before, and so is its plan.
    pub(crate) plan: Option<Plan>,
}

/// When a plugin runs, for the pages.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) edition: Edition,
    /// When it runs next, written for the wire.
    pub(crate) next_run: Arc<str>,
}

/// What is known of a plugin.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) frame: Arc<Frame>,
    pub(crate) history: History,
    pub(crate) plan: Plan,
}

/// All plugins.
#[derive(Debug, Default)]
pub(crate) struct Roster(IndexMap<PluginName, Entry>);

impl Roster {
    pub(crate) fn get(&self, name: &PluginName) -> Option<&Entry> {
        self.0.get(name)
    }

    pub(crate) fn get_mut(&mut self, name: &PluginName) -> Option<&mut Entry> {
        self.0.get_mut(name)
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.0.values()
    }

    /// The plugin whose oldest result that can be spared is the oldest of all, and when that came.
    pub(crate) fn oldest_spare(&mut self) -> Option<(Sequence, &mut Entry)> {
        let spare = |(at, entry): (usize, &Entry)| entry.history.oldest_spare().map(|when| (when, at));
        let (when, at) = self.0.values().enumerate().filter_map(spare).min()?;
        self.0.get_index_mut(at).map(|(_, entry)| (when, entry))
    }

    /// Puts other plugins in the place of these. Those that stay keep their
    /// history; those that do not are given back. Also gives how many bytes
    /// the histories grew (or shrank) by.
    pub(crate) fn replace(&mut self, plugins: Vec<NewPlugin>) -> (IndexMap<PluginName, Entry>, isize) {
        let mut before = mem::take(&mut self.0);
        let mut growth = 0;
        for NewPlugin { name, frame, history: limit, plan } in plugins {
            let (mut history, plan_before) = match before.swap_remove(&name) {
                Some(Entry { history, plan, .. }) => (history, Some(plan)),
                None => (History::new(limit), None),
            };
            growth += history.set_limit(limit);
            let nothing = || Plan { edition: 0, next_run: "null".into() };
            let plan = plan.or(plan_before).unwrap_or_else(nothing);
            self.0.insert(name, Entry { frame, history, plan });
        }
        growth -= before.values().map(|entry| entry.history.size()).sum::<isize>();
        (before, growth)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plugins(names: &[&str], plan: Option<&Plan>) -> Vec<NewPlugin> {
        let plugin = |name: &&str| NewPlugin {
            name: PluginName::from(*name),
            frame: Arc::default(),
            history: 2,
            plan: plan.cloned(),
        };
        names.iter().map(plugin).collect()
    }

    #[test]
    fn who_stays_keeps_results_and_plan_and_who_goes_is_given_back_with_its_size() {
        let plan = |edition, next_run: &str| Plan { edition, next_run: next_run.into() };
        let mut roster = Roster::default();
        assert_eq!(roster.replace(plugins(&["a", "b"], Some(&plan(1, "soon")))).1, 0);
        let mut used = 0;
        for name in ["a", "b"] {
            used += roster.get_mut(&name.into()).expect("known").history.push(1, name.into());
        }
        let (removed, growth) = roster.replace(plugins(&["c", "b"], None));
        assert_eq!(removed.keys().map(PluginName::as_str).collect::<Vec<_>>(), ["a"]);
        assert_eq!(used + growth, roster.entries().map(|entry| entry.history.size()).sum::<isize>());
        let stayed = roster.get(&"b".into()).expect("known");
        assert_eq!((stayed.history.newest().map(|text| &**text), &*stayed.plan.next_run), (Some("b"), "soon"));
        assert!(roster.get(&"c".into()).expect("known").history.newest().is_none());
        assert!(roster.get(&"a".into()).is_none());
    }
}
