//! The handle through which pages reach plugins.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::Value as Json;
use smoker_model::plugin::PluginName;
use smoker_runner::prepared::PreparedPlugin;
use smoker_runner::runner::Runner;
use thiserror::Error;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::frame::Frame;
use crate::plugin_task::{PluginTask, Surroundings};
use crate::process_table::ProcessId;
use crate::slots::Slots;
use crate::state::{NewPlugin, SharedState};

/// All plugins of the daemon. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct PluginManager(Arc<Plugins>);

#[derive(Debug)]
struct Plugins {
    state: SharedState,
    /// In configuration order.
    managed: Vec<ManagedPlugin>,
    by_name: HashMap<PluginName, usize>,
}

#[derive(Debug)]
struct ManagedPlugin {
    plugin: Arc<PreparedPlugin>,
    requests: mpsc::UnboundedSender<ProcessId>,
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
    #[error("smokerd is stopping")]
    Stopping,
}

impl PluginManager {
    /// Starts a task for each plugin. The tasks end with `shutdown`, when all
    /// of their runs have.
    pub(crate) fn start(
        plugins: Vec<PreparedPlugin>,
        runner: Runner,
        slots: Slots,
        history_memory: usize,
        shutdown: CancellationToken,
    ) -> (Self, JoinSet<()>) {
        let new_plugin = |plugin: &PreparedPlugin| {
            let spec = plugin.spec();
            NewPlugin { name: spec.name.clone(), frame: Frame::of(spec), history: spec.history }
        };
        let state = SharedState::new(plugins.iter().map(new_plugin).collect(), history_memory);
        let surroundings = Surroundings { runner, slots, state: state.clone(), shutdown };
        let mut tasks = JoinSet::new();
        let mut start_task = |plugin: PreparedPlugin| {
            let (requests, inbox) = mpsc::unbounded_channel();
            let plugin = Arc::new(plugin);
            tasks.spawn(PluginTask::new(Arc::clone(&plugin), inbox, surroundings.clone()).live());
            ManagedPlugin { plugin, requests }
        };
        let managed: Vec<_> = plugins.into_iter().map(&mut start_task).collect();
        let name_of = |(at, managed): (usize, &ManagedPlugin)| (managed.plugin.spec().name.clone(), at);
        let by_name = managed.iter().enumerate().map(name_of).collect();
        (Self(Arc::new(Plugins { state, managed, by_name })), tasks)
    }

    /// What is known of plugins and processes.
    pub(crate) fn state(&self) -> &SharedState {
        &self.0.state
    }

    /// Runs plugins now. The process exists when this returns.
    pub(crate) fn force(&self, selection: &Selection) -> Result<ProcessId, ForceError> {
        let selected = self.select(selection)?;
        let names: Vec<_> = selected.iter().map(|managed| managed.plugin.spec().name.clone()).collect();
        let list = names.iter().map(PluginName::as_str).collect::<Vec<_>>().join(", ");
        tracing::info!("Forcing run of {} plugins: {list}", names.len());
        let process = self.0.state.add_process(names);
        let mut asked = HashSet::new();
        for managed in selected.iter().filter(|managed| asked.insert(managed.plugin.spec().name.clone())) {
            managed.requests.send(process).map_err(|_| ForceError::Stopping)?;
        }
        Ok(process)
    }

    fn select(&self, selection: &Selection) -> Result<Vec<&ManagedPlugin>, ForceError> {
        let named = selection.names.iter().map(|name| {
            let at = self.0.by_name.get(&PluginName::from(name.as_str()));
            at.map(|at| &self.0.managed[*at]).ok_or_else(|| ForceError::UnknownPlugin(name.clone()))
        });
        let mut selected = named.collect::<Result<Vec<_>, _>>()?;
        if !selection.filter.is_empty() {
            selected.extend(self.0.managed.iter().filter(|managed| matches(&managed.plugin, &selection.filter)));
        }
        if selected.is_empty() { Err(ForceError::NoMatch) } else { Ok(selected) }
    }
}

fn matches(plugin: &PreparedPlugin, filter: &[(String, Json)]) -> bool {
    let parameters = &plugin.spec().parameters;
    filter.iter().all(|(name, wanted)| parameters.get(name).is_some_and(|value| value.equals_json(wanted)))
}
