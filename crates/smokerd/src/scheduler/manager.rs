//! The handle through which pages reach plugins.

use std::collections::HashSet;
use std::mem;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use smoker_config::spec::settings::ShowSecrets;
use smoker_model::plugin::PluginName;
use smoker_model::wire::not_loaded;
use smoker_runner::prepared::PreparedPlugin;
use smoker_runner::runner::Runner;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::results::events::Subscription;
use crate::results::processes::process::ProcessId;
use crate::results::requester::{ClientAddress, Requester};
use crate::results::store::SharedState;
use crate::scheduler::alerts::notification_log::NotificationLog;
use crate::scheduler::clock::Clock;
use crate::scheduler::command::Command;
use crate::scheduler::dependencies::ancestors::Ancestors;
use crate::scheduler::forced::given_values;
use crate::scheduler::forced::rate::ForcedRate;
use crate::scheduler::plugin_set::{
    Changes, ForceError, LoadedPlugin, ManagedPlugin, PluginSet, ReloadPlan, Selection,
};
use crate::scheduler::plugin_task::PluginTask;
use crate::scheduler::run::TaskContext;
use crate::scheduler::schedule::plan::Schedule;
use crate::scheduler::serial_groups::SerialGroups;
use crate::scheduler::slots::Slots;
use crate::silences::table::SilenceTable;

/// A process that was started.
#[derive(Debug)]
pub(crate) struct Started {
    pub(crate) process: ProcessId,
    /// The values that its runs were given, as logs show them; empty for none.
    pub(crate) values: String,
}

/// How many names of a forced run's plugins the log lists.
const LISTED_NAMES: usize = 100;

/// All plugins of the daemon. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct PluginManager(pub(super) Arc<Inner>);

#[derive(Debug)]
pub(super) struct Inner {
    state: SharedState,
    pub(super) context: TaskContext,
    tasks: Mutex<JoinSet<()>>,
    forced_rate: Mutex<ForcedRate>,
    /// See [`PluginManager::not_loaded`].
    not_loaded: Mutex<Option<Arc<str>>>,
    names_not_loaded: Mutex<Vec<PluginName>>,
    /// What the configuration was read from.
    configuration: Mutex<Option<PathBuf>>,
    pub(super) silences: Mutex<SilenceTable>,
    /// Notified when there is another silence, or one less.
    pub(super) silences_changed: Notify,
    /// Notified when pages show which plugins are silenced now.
    pub(super) silences_shown: Notify,
    /// What actions were told.
    pub(super) notification_log: Mutex<NotificationLog>,
    /// A request holds the lock from its first name to its last command, so
    /// that no reload comes between. The other locks are taken after this one,
    /// and all for moments only.
    set: Mutex<PluginSet>,
}

impl PluginManager {
    /// Without any plugin yet.
    pub(crate) fn new(runner: Runner, slots: Slots, state: SharedState, shutdown: CancellationToken) -> Self {
        Self::with_clock(Clock::system(), runner, slots, state, shutdown)
    }

    /// The same by this clock.
    pub(super) fn with_clock(
        clock: Clock,
        runner: Runner,
        slots: Slots,
        state: SharedState,
        shutdown: CancellationToken,
    ) -> Self {
        let (groups, ancestors, daemon_started) = (SerialGroups::default(), Ancestors::default(), clock.now().wall);
        let context =
            TaskContext { runner, slots, groups, ancestors, clock, daemon_started, state: state.clone(), shutdown };
        Self(Arc::new(Inner {
            state,
            context,
            tasks: Mutex::default(),
            forced_rate: Mutex::default(),
            not_loaded: Mutex::default(),
            names_not_loaded: Mutex::default(),
            configuration: Mutex::default(),
            silences: Mutex::default(),
            silences_changed: Notify::new(),
            silences_shown: Notify::new(),
            notification_log: Mutex::default(),
            set: Mutex::default(),
        }))
    }

    /// Replaces all plugins at once, and returns what has changed. A task ends
    /// after its plugin is removed or the daemon stops, when all of its runs have ended.
    pub(crate) fn replace_plugins(
        &self,
        plugins: Vec<PreparedPlugin>,
        history_memory: usize,
        secrets: ShowSecrets,
    ) -> Changes {
        let Inner { state, context, tasks, .. } = &*self.0;
        let now = context.clock.now();
        let mut first_plans = Vec::new();
        let loaded = plugins.into_iter().map(|plugin| {
            let name = &plugin.spec().name;
            let last = state.last_planned(name);
            let is_first = last.is_none_or(|last| last > now.wall);
            let first = Schedule::first_plan(plugin.spec(), now).filter(|_| is_first);
            first_plans.extend(first.map(|from| (name.clone(), from)));
            LoadedPlugin::new(plugin, now, last, secrets)
        });
        let loaded: Vec<_> = loaded.collect();
        let mut set = self.set();
        set.secrets = secrets;
        let ReloadPlan { entries, commands, to_spawn, changes } = set.replace(loaded);
        context.ancestors.replace(set.prepared().map(|plugin| plugin.spec()));
        // The state comes first: it ignores what a task reports for a generation that it does not know yet.
        let returning = state.returning();
        state.replace_plugins(entries, history_memory);
        // What was told of one that was removed is forgotten, so nothing is told of its old results again.
        let log = lock(&self.0.notification_log);
        returning.iter().filter(|name| !log.knows(name)).for_each(|name| state.forget_told_state(name));
        drop(log);
        for (plugin, from) in &first_plans {
            state.note_first_plan(plugin, *from);
        }
        for (task, command) in commands {
            // Only the daemon's stop ends a task whose plugin is configured.
            let _ = task.send(command);
        }
        let mut tasks = lock(tasks);
        while tasks.try_join_next().is_some() {}
        for (definition, inbox) in to_spawn {
            tasks.spawn(PluginTask::new(definition, inbox, state.clone(), context.clone()).run());
        }
        drop(tasks);
        // One that was bad may be gone, of which no result tells those that it kept from running.
        set.send_to_dependents();
        drop(set);
        self.show_silences();
        changes
    }

    /// Changes how many runs a second one client may force; none: any number.
    pub(crate) fn set_forced_rate(&self, rate: Option<f64>) {
        lock(&self.0.forced_rate).set(rate);
    }

    /// Changes which plugins were left out of the configuration because they are broken.
    pub(crate) fn set_not_loaded(&self, names: Vec<PluginName>) {
        *lock(&self.0.not_loaded) = not_loaded::write(names.iter().map(PluginName::as_str)).map(Arc::from);
        *lock(&self.0.names_not_loaded) = names;
    }

    /// The names of all plugins of the configuration, also of those that were left out.
    pub(super) fn names(&self) -> HashSet<PluginName> {
        let loaded: Vec<_> = self.set().prepared().map(|plugin| plugin.spec().name.clone()).collect();
        let left_out = lock(&self.0.names_not_loaded).clone();
        loaded.into_iter().chain(left_out).collect()
    }

    /// Those plugins, as [`NOT_LOADED_HEADER`](not_loaded::NOT_LOADED_HEADER) has them; none: none was left out.
    pub(crate) fn not_loaded(&self) -> Option<Arc<str>> {
        lock(&self.0.not_loaded).clone()
    }

    /// Says what the configuration was read from.
    pub(crate) fn set_configuration(&self, path: PathBuf) {
        *lock(&self.0.configuration) = Some(path);
    }

    /// What it was read from, where that is known.
    pub(crate) fn configuration(&self) -> Option<PathBuf> {
        lock(&self.0.configuration).clone()
    }

    /// How many these are.
    pub(crate) fn count_not_loaded(&self) -> u64 {
        let header = self.not_loaded();
        header.and_then(|header| header.split(';').next()?.trim().parse().ok()).unwrap_or(0)
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

    /// Spawns a task that [`PluginManager::ended`] waits for.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        lock(&self.0.tasks).spawn(task);
    }

    /// Returns when the daemon stops.
    pub(crate) async fn stopping(&self) {
        self.0.context.shutdown.cancelled().await;
    }

    /// The state of plugins and processes.
    pub(crate) fn state(&self) -> &SharedState {
        &self.0.state
    }

    /// Follows all runs from now on.
    pub(crate) fn subscribe(&self) -> Subscription {
        self.0.state.subscribe()
    }

    /// Runs plugins now. The process exists when this returns.
    pub(crate) fn force(&self, selection: &Selection, requester: &Requester) -> Result<Started, ForceError> {
        let (started, names) = self.request(selection, requester)?;
        let list = names.iter().take(LISTED_NAMES).map(PluginName::as_str).collect::<Vec<_>>().join(", ");
        let rest = if names.len() > LISTED_NAMES { ", ..." } else { "" };
        let with = if started.values.is_empty() { "" } else { ", with " };
        tracing::info!("Forcing run of {} plugins: {list}{rest}{with}{}", names.len(), started.values);
        Ok(started)
    }

    fn request(&self, selection: &Selection, requester: &Requester) -> Result<(Started, Vec<PluginName>), ForceError> {
        let set = self.set();
        let selected = set.select(selection, requester)?;
        let names: Vec<_> = selected.iter().map(|managed| managed.name().clone()).collect();
        let given = |managed: &&ManagedPlugin| {
            given_values::read(managed.spec(), &selection.parameters).map_err(ForceError::WrongValue)
        };
        let values = selected.iter().map(given).collect::<Result<Vec<_>, _>>()?;
        let distinct: HashSet<_> = names.iter().collect();
        self.take_rate(requester.address, distinct.len())?;
        let process = self.state().add_process(&names, requester.address, requester.identity.clone())?;
        let requester = Arc::new(requester.clone());
        let mut requested = HashSet::new();
        let shown = given_values::shown(&values);
        for (managed, values) in selected.iter().zip(values).filter(|(managed, _)| requested.insert(managed.name())) {
            let command = Command::Run(process, Arc::clone(&requester), values);
            managed.commands.send(command).map_err(|_| ForceError::Stopping)?;
        }
        Ok((Started { process, values: shown }, names))
    }

    pub(super) fn take_rate(&self, client: ClientAddress, runs: usize) -> Result<(), ForceError> {
        let now = self.0.context.clock.now().monotonic;
        let taken = lock(&self.0.forced_rate).take(client, u32::try_from(runs).unwrap_or(u32::MAX), now);
        // A whole second more than has passed: the header has no fractions.
        taken.map_err(|wait| ForceError::TooFast(wait.as_secs() + 1))
    }

    /// Waits until every plugin's task has answered a ping and the state's lock
    /// was free. Returns whether every task still exists.
    pub(crate) async fn is_responsive(&self) -> bool {
        let (reply, mut replies) = mpsc::channel(1);
        let all_exist = self.set().all().all(|managed| managed.commands.send(Command::Ping(reply.clone())).is_ok());
        drop(reply);
        self.state().revision();
        // Each task drops its sender when it comes to the command; without senders this returns.
        replies.recv().await;
        all_exist
    }

    pub(super) fn set(&self) -> MutexGuard<'_, PluginSet> {
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

    use smoker_model::time::moment::Moment;
    use smoker_runner::modules::host::settings::PythonSettings;
    use smoker_runner::process::containment::level::ContainmentLevel;
    use smoker_runner::process::containment::orphans::Reaper;
    use tokio::time::timeout;

    use super::*;

    fn manager() -> PluginManager {
        let python = PythonSettings::new(None, &[], Path::new("/"), Path::new("/"));
        let runner = Runner::new(Reaper::start(ContainmentLevel::prepare(None)).expect("a reaper"), python);
        PluginManager::new(runner, Slots::new(None), SharedState::new(), CancellationToken::new())
    }

    fn plugins(names: &[String]) -> Vec<PreparedPlugin> {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let plugins: Vec<_> = names.iter().map(|name| format!("  {name}: {{Command: x, Interval: 1h}}")).collect();
        let text = format!("templates: {{BasePlugin: {{}}}}\nplugins:\n{}\n", plugins.join("\n"));
        std::fs::write(file.path(), text).expect("writable");
        let config = smoker_config::config::load(file.path(), |_| None).expect("it is valid");
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
            let changes = manager.replace_plugins(
                plugins(&["stays".to_owned(), format!("goes{round}")]),
                1 << 20,
                ShowSecrets::Never,
            );
            let expected = if round == 0 { (2, 0, 0) } else { (1, 1, 1) };
            assert_eq!((changes.added.len(), changes.unchanged, changes.removed.len()), expected);
        }
        let two_are_left = async {
            while living(&manager) > 2 {
                tokio::task::yield_now().await;
            }
        };
        timeout(Duration::from_secs(30), two_are_left).await.expect("the tasks of removed plugins end");
        assert!(manager.is_responsive().await);
        assert_eq!(living(&manager), 2);
    }

    #[tokio::test]
    async fn a_task_that_has_ended_or_hangs_is_noticed() {
        let manager = manager();
        manager.replace_plugins(plugins(&["a".to_owned(), "b".to_owned()]), 1 << 20, ShowSecrets::Never);
        assert!(manager.is_responsive().await);
        // No task is spawned, so that nothing reads the commands.
        let load = |plugin| LoadedPlugin::new(plugin, Moment::now(), None, ShowSecrets::Never);
        let loaded = plugins(&["a".to_owned(), "c".to_owned()]).into_iter().map(load).collect();
        let hanging = manager.set().replace(loaded);
        assert!(timeout(Duration::from_millis(100), manager.is_responsive()).await.is_err());
        drop(hanging);
        assert!(!manager.is_responsive().await);
    }
}
