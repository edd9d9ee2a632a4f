//! The handle through which pages reach plugins.

use std::collections::HashSet;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use smoker_model::plugin::PluginName;
use smoker_runner::prepared::PreparedPlugin;
use smoker_runner::runner::Runner;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::results::process_table::ProcessId;
use crate::results::state::SharedState;
use crate::scheduler::plugin_set::{Candidate, Changes, ForceError, PluginSet, Selection, Succession};
use crate::scheduler::plugin_task::{Order, PluginTask};
use crate::scheduler::run::Means;
use crate::scheduler::slots::Slots;

/// How many names of a forced run's plugins the log lists.
const LISTED_NAMES: usize = 100;

/// All plugins of the daemon. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct PluginManager(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    state: SharedState,
    means: Means,
    tasks: Mutex<JoinSet<()>>,
    /// A request meets one set from its first name to its last order. The
    /// other locks are taken after this one, and all for moments only.
    set: Mutex<PluginSet>,
}

impl PluginManager {
    /// Without any plugin yet.
    pub(crate) fn new(runner: Runner, slots: Slots, shutdown: CancellationToken) -> Self {
        let means = Means { runner, slots, shutdown };
        Self(Arc::new(Inner { state: SharedState::new(), means, tasks: Mutex::default(), set: Mutex::default() }))
    }

    /// Puts other plugins in the place of those that there are, all at once,
    /// and gives what became of them. Tasks end with the plugins' removal or
    /// with the daemon's shutdown, in either case when all of their runs have.
    pub(crate) fn replace_plugins(&self, plugins: Vec<PreparedPlugin>, history_memory: usize) -> Changes {
        let candidates = plugins.into_iter().map(Candidate::new).collect();
        let Inner { state, means, tasks, .. } = &*self.0;
        let mut set = self.set();
        let Succession { entries, orders, births, changes } = set.replace(candidates);
        // The state comes first: what a task tells of a definition that the state has not heard of does not count.
        state.replace_plugins(entries, history_memory);
        for (task, order) in orders {
            // A task that is gone has ended with the daemon.
            let _ = task.send(order);
        }
        let mut tasks = lock(tasks);
        while tasks.try_join_next().is_some() {}
        for (definition, inbox) in births {
            tasks.spawn(PluginTask::new(definition, inbox, state.clone(), means.clone()).live());
        }
        changes
    }

    /// How many plugins there are.
    pub(crate) fn count(&self) -> usize {
        self.set().all().count()
    }

    /// Returns when all tasks have ended.
    pub(crate) async fn ended(&self) {
        let mut tasks = mem::take(&mut *lock(&self.0.tasks));
        while tasks.join_next().await.is_some() {}
    }

    /// What is known of plugins and processes.
    pub(crate) fn state(&self) -> &SharedState {
        &self.0.state
    }

    /// Runs plugins now. The process exists when this returns.
    pub(crate) fn force(&self, selection: &Selection) -> Result<ProcessId, ForceError> {
        let (process, names) = self.ask(selection)?;
        let list = names.iter().take(LISTED_NAMES).map(PluginName::as_str).collect::<Vec<_>>().join(", ");
        let rest = if names.len() > LISTED_NAMES { ", ..." } else { "" };
        tracing::info!("Forcing run of {} plugins: {list}{rest}", names.len());
        Ok(process)
    }

    fn ask(&self, selection: &Selection) -> Result<(ProcessId, Vec<PluginName>), ForceError> {
        let set = self.set();
        let selected = set.select(selection)?;
        let names: Vec<_> = selected.iter().map(|managed| managed.name().clone()).collect();
        let process = self.state().add_process(names.clone()).ok_or(ForceError::TooMany)?;
        let mut asked = HashSet::new();
        for managed in selected.iter().filter(|managed| asked.insert(managed.name())) {
            managed.orders.send(Order::Run(process)).map_err(|_| ForceError::Stopping)?;
        }
        Ok((process, names))
    }

    /// Returns when every plugin's task and the state have answered: whether all do.
    pub(crate) async fn answers(&self) -> bool {
        let (answer, mut answers) = mpsc::channel(1);
        let all_live = self.set().all().all(|managed| managed.orders.send(Order::Answer(answer.clone())).is_ok());
        drop(answer);
        self.state().generation();
        // Each task drops the order when it comes to it; then nobody is left to send anything.
        answers.recv().await;
        all_live
    }

    fn set(&self) -> MutexGuard<'_, PluginSet> {
        lock(&self.0.set)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;
    use std::time::Duration;

    use smoker_runner::modules::host::settings::PythonSettings;
    use smoker_runner::process::containment::reaper::Reaper;
    use tokio::time::timeout;

    use super::*;

    fn manager() -> PluginManager {
        let python = PythonSettings::new(None, &[], Path::new("/"), Path::new("/"));
        let runner = Runner::new(Reaper::start().expect("a reaper"), python);
        PluginManager::new(runner, Slots::new(None), CancellationToken::new())
    }

    fn plugins(names: &[String]) -> Vec<PreparedPlugin> {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let plugins: Vec<_> = names.iter().map(|name| format!("  {name}: {{Command: x, Interval: 1h}}")).collect();
        let text = format!("templates: {{BasePlugin: {{}}}}\nplugins:\n{}\n", plugins.join("\n"));
        std::fs::write(file.path(), text).expect("writable");
        let config = smoker_config::load(file.path()).expect("it is valid");
        config.plugins.into_iter().map(|spec| PreparedPlugin::new(Arc::new(spec))).collect()
    }

    fn living(manager: &PluginManager) -> usize {
        let mut tasks = lock(&manager.0.tasks);
        while tasks.try_join_next().is_some() {}
        tasks.len()
    }

    #[tokio::test]
    async fn a_task_ends_with_its_plugin() {
        let manager = manager();
        for round in 0..1000 {
            let changes = manager.replace_plugins(plugins(&["stays".to_owned(), format!("goes{round}")]), 1 << 20);
            let expected = if round == 0 { (2, 0, 0) } else { (1, 1, 1) };
            assert_eq!((changes.added.len(), changes.unchanged, changes.removed.len()), expected);
        }
        let two_are_left = async {
            while living(&manager) > 2 {
                tokio::task::yield_now().await;
            }
        };
        timeout(Duration::from_secs(30), two_are_left).await.expect("the tasks of removed plugins end");
        assert!(manager.answers().await);
        assert_eq!(living(&manager), 2);
    }

    #[tokio::test]
    async fn a_task_that_has_ended_or_hangs_is_noticed() {
        let manager = manager();
        manager.replace_plugins(plugins(&["a".to_owned(), "b".to_owned()]), 1 << 20);
        assert!(manager.answers().await);
        // Nobody is born, so that nobody reads the orders.
        let candidates = plugins(&["a".to_owned(), "c".to_owned()]).into_iter().map(Candidate::new).collect();
        let hanging = manager.set().replace(candidates);
        assert!(timeout(Duration::from_millis(100), manager.answers()).await.is_err());
        drop(hanging);
        assert!(!manager.answers().await);
    }
}
