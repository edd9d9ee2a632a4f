//! The plugins that count at one moment, each with the way to its task.

use std::collections::HashMap;
use std::mem;
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value as Json;
use smoker_model::plugin::PluginName;
use smoker_runner::prepared::PreparedPlugin;
use thiserror::Error;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, WeakUnboundedSender, unbounded_channel};

use crate::results::frame::Frame;
use crate::results::json_text;
use crate::results::process_table::AWAITED_RUNS;
use crate::results::roster::{Edition, NewPlugin, Plan};
use crate::scheduler::plugin_task::{Definition, Order};

/// All plugins, in configuration order.
#[derive(Debug, Default)]
pub(crate) struct PluginSet {
    edition: Edition,
    managed: IndexMap<PluginName, ManagedPlugin>,
    /// Removed plugins, whose tasks live on as long as they have runs.
    retired: HashMap<PluginName, WeakUnboundedSender<Order>>,
}

/// A plugin with the way to its task.
#[derive(Debug)]
pub(crate) struct ManagedPlugin {
    plugin: Arc<PreparedPlugin>,
    pub(crate) orders: UnboundedSender<Order>,
}

/// Which plugins a client wants to run: the named ones in their order, then
/// all whose parameters equal the filter's.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    pub(crate) names: Vec<String>,
    pub(crate) filter: Vec<(String, Json)>,
}

/// Why nothing was started.
#[derive(Debug, PartialEq, Eq, Error)]
pub(crate) enum ForceError {
    #[error("Plugin {0} not found")]
    UnknownPlugin(String),
    #[error("no plugin matches the filter")]
    NoMatch,
    #[error("{AWAITED_RUNS} runs are awaited already; ask again when some are done")]
    TooMany,
    #[error("smokerd is stopping")]
    Stopping,
}

/// A plugin that was loaded just now, with all that can be made before anybody has to wait.
#[derive(Debug)]
pub(crate) struct Candidate {
    frame: Arc<Frame>,
    next_run: Arc<str>,
    definition: Definition,
}

/// What follows from other plugins.
#[derive(Debug, Default)]
pub(crate) struct Succession {
    /// What the state has to know first.
    pub(crate) entries: Vec<NewPlugin>,
    /// Orders for tasks that live.
    pub(crate) orders: Vec<(UnboundedSender<Order>, Order)>,
    /// Tasks that are to be born.
    pub(crate) births: Vec<(Definition, UnboundedReceiver<Order>)>,
    pub(crate) changes: Changes,
}

/// What became of plugins.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    pub(crate) added: Vec<PluginName>,
    pub(crate) changed: Vec<PluginName>,
    pub(crate) removed: Vec<PluginName>,
    pub(crate) unchanged: usize,
}

impl Candidate {
    pub(crate) fn new(plugin: PreparedPlugin) -> Self {
        let frame = Arc::new(Frame::of(plugin.spec()));
        let definition = Definition::of(plugin);
        let next_run = json_text::to_text(&definition.next_run()).into();
        Self { frame, next_run, definition }
    }
}

impl ManagedPlugin {
    pub(crate) fn name(&self) -> &PluginName {
        &self.plugin.spec().name
    }

    fn matches(&self, filter: &[(String, Json)]) -> bool {
        let parameters = &self.plugin.spec().parameters;
        filter.iter().all(|(name, wanted)| parameters.get(name).is_some_and(|value| value.equals_json(wanted)))
    }
}

impl PluginSet {
    /// In configuration order.
    pub(crate) fn all(&self) -> impl Iterator<Item = &ManagedPlugin> {
        self.managed.values()
    }

    /// The plugins that a client wants, at least one.
    pub(crate) fn select(&self, selection: &Selection) -> Result<Vec<&ManagedPlugin>, ForceError> {
        let named = selection.names.iter().map(|name| {
            let managed = self.managed.get(&PluginName::from(name.as_str()));
            managed.ok_or_else(|| ForceError::UnknownPlugin(name.clone()))
        });
        let mut selected = named.collect::<Result<Vec<_>, _>>()?;
        if !selection.filter.is_empty() {
            selected.extend(self.all().filter(|managed| managed.matches(&selection.filter)));
        }
        if selected.is_empty() { Err(ForceError::NoMatch) } else { Ok(selected) }
    }

    /// Puts other plugins in the place of these. Who stays keeps its task, and
    /// so does who comes back before its last run has ended: no two tasks run
    /// one plugin, so that `Serial` holds.
    pub(crate) fn replace(&mut self, candidates: Vec<Candidate>) -> Succession {
        let mut before = mem::take(&mut self.managed);
        let mut succession = Succession::default();
        self.edition += 1;
        self.retired.retain(|_, orders| orders.strong_count() > 0);
        for Candidate { frame, next_run, mut definition } in candidates {
            definition.edition = self.edition;
            let plugin = Arc::clone(&definition.plugin);
            let (name, history) = (plugin.spec().name.clone(), plugin.spec().history);
            let mut plan = Some(Plan { edition: self.edition, next_run });
            let managed = match before.swap_remove(&name) {
                Some(old) if old.plugin.is_same_as(&plugin) => {
                    plan = None;
                    succession.changes.unchanged += 1;
                    old
                }
                Some(old) => {
                    succession.changes.changed.push(name.clone());
                    succession.orders.push((old.orders.clone(), Order::Become(Box::new(definition))));
                    ManagedPlugin { plugin, orders: old.orders }
                }
                None => {
                    succession.changes.added.push(name.clone());
                    let retired = self.retired.remove(&name).and_then(|orders| orders.upgrade());
                    ManagedPlugin { plugin, orders: succession.begin(retired, definition) }
                }
            };
            succession.entries.push(NewPlugin { name: name.clone(), frame, history, plan });
            self.managed.insert(name, managed);
        }
        for (name, ManagedPlugin { orders, .. }) in before.sorted_by(|one, _, other, _| one.cmp(other)) {
            self.retired.insert(name.clone(), orders.downgrade());
            succession.changes.removed.push(name);
            succession.orders.push((orders.clone(), Order::Retire(orders)));
        }
        succession
    }
}

impl Succession {
    /// Lets a task that was about to end, or else a new one, take care of a plugin.
    fn begin(&mut self, retired: Option<UnboundedSender<Order>>, definition: Definition) -> UnboundedSender<Order> {
        if let Some(orders) = retired {
            self.orders.push((orders.clone(), Order::Become(Box::new(definition))));
            return orders;
        }
        let (orders, inbox) = unbounded_channel();
        self.births.push((definition, inbox));
        orders
    }
}
