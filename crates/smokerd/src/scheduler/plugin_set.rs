//! The plugins of the current configuration, each with the channel to its task.

use std::collections::HashMap;
use std::mem;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use indexmap::IndexMap;
use serde_json::Value as Json;
use smoker_config::spec::settings::ShowSecrets;
use smoker_model::plugin::{PluginName, PluginSpec};
use smoker_model::secrets::mask::is_masked;
use smoker_model::time::moment::Moment;
use smoker_model::wire::silences::Silence;
use smoker_runner::prepared::PreparedPlugin;
use thiserror::Error;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, WeakUnboundedSender, unbounded_channel};

use crate::results::json_text;
use crate::results::plugin::config_fields::{ConfigFields, SecretView};
use crate::results::plugin::next_run::{ConfigGeneration, NextRun};
use crate::results::plugin::plugin_facts::PluginFacts;
use crate::results::processes::limits::ProcessesFull;
use crate::results::requester::Requester;
use crate::results::table::NewPlugin;
use crate::scheduler::command::{Command, Definition};
use crate::scheduler::dependencies::relations::Relations;

/// All plugins, in configuration order.
#[derive(Debug, Default)]
pub(crate) struct PluginSet {
    generation: ConfigGeneration,
    /// Which clients see the secrets among the parameters.
    pub(crate) secrets: ShowSecrets,
    managed: IndexMap<PluginName, ManagedPlugin>,
    /// Who depends on whom.
    pub(crate) relations: Relations,
    /// Removed plugins whose tasks still have runs.
    draining: HashMap<PluginName, WeakUnboundedSender<Command>>,
}

/// A plugin with the channel to its task.
#[derive(Debug)]
pub(crate) struct ManagedPlugin {
    plugin: Arc<PreparedPlugin>,
    pub(crate) commands: UnboundedSender<Command>,
}

/// Which plugins a client wants to run: the named ones in their order, then
/// all whose parameters equal the filter's.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    pub(crate) names: Vec<String>,
    pub(crate) filter: Vec<(String, Json)>,
    /// Values for parameters of the plugins, for runs alone.
    pub(crate) parameters: Vec<(String, Json)>,
}

/// Why nothing was started.
#[derive(Debug, PartialEq, Eq, Error)]
pub(crate) enum ForceError {
    #[error("Plugin {0} not found")]
    UnknownPlugin(String),
    #[error("no plugin matches the filter")]
    NoMatch,
    #[error("this client forces more runs a second than max_forced_rate allows; ask again in {0} s")]
    TooFast(u64),
    #[error(transparent)]
    Full(#[from] ProcessesFull),
    #[error("The filter names {0}, a parameter whose value is masked ('show_secrets'): name the plugins instead")]
    MaskedFilter(String),
    #[error("{0}")]
    WrongValue(String),
    #[error("{0}")]
    OtherPlugin(String),
    #[error("smokerd is stopping")]
    Stopping,
}

/// A plugin of a new configuration, with everything that can be prepared before a lock is taken.
#[derive(Debug)]
pub(crate) struct LoadedPlugin {
    config: Arc<ConfigFields>,
    /// The time as JSON.
    next_run: Arc<str>,
    definition: Definition,
}

/// What has to be done to change to another configuration.
#[derive(Debug, Default)]
pub(crate) struct ReloadPlan {
    /// The plugins for the state; the state takes them before the tasks get their commands.
    pub(crate) entries: Vec<NewPlugin>,
    /// Commands for tasks that exist.
    pub(crate) commands: Vec<(UnboundedSender<Command>, Command)>,
    /// New tasks.
    pub(crate) to_spawn: Vec<(Definition, UnboundedReceiver<Command>)>,
    pub(crate) changes: Changes,
}

/// How a configuration's plugins differ from those before.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    pub(crate) added: Vec<PluginName>,
    pub(crate) changed: Vec<PluginName>,
    pub(crate) removed: Vec<PluginName>,
    pub(crate) unchanged: usize,
}

impl LoadedPlugin {
    /// Plans the plugin's first run from `now` on, or from its last scheduled run.
    pub(crate) fn new(plugin: PreparedPlugin, now: Moment, last: Option<DateTime<Utc>>, secrets: ShowSecrets) -> Self {
        let config = Arc::new(ConfigFields::of(plugin.spec(), secrets));
        let mut definition = Definition::of(plugin, now, last);
        let next_run = json_text::to_text(&definition.next_run(now)).into();
        Self { config, next_run, definition }
    }
}

impl ManagedPlugin {
    pub(crate) fn name(&self) -> &PluginName {
        &self.plugin.spec().name
    }

    /// What the plugin is.
    pub(crate) fn spec(&self) -> &PluginSpec {
        self.plugin.spec()
    }

    fn facts(&self) -> PluginFacts {
        PluginFacts::of(self.plugin.spec())
    }

    /// Whether clients that see `secrets` in this way do not see the value.
    fn hides(&self, parameter: &str, secrets: SecretView) -> bool {
        self.plugin.spec().parameters.get(parameter).is_some_and(|value| match secrets {
            SecretView::Masked => is_masked(parameter, value),
            SecretView::Shown => value.has_secret(),
        })
    }

    fn matches<'a>(&self, filter: impl IntoIterator<Item = (&'a String, &'a Json)>) -> bool {
        let parameters = &self.plugin.spec().parameters;
        filter.into_iter().all(|(name, wanted)| parameters.get(name).is_some_and(|value| value.equals_json(wanted)))
    }

    /// Whether a silence is for it.
    pub(crate) fn is_silenced_by(&self, silence: &Silence) -> bool {
        let Silence { plugins, filter, .. } = silence;
        (plugins.is_empty() && filter.is_empty())
            || plugins.iter().any(|name| name == self.name().as_str())
            || (!filter.is_empty() && self.matches(filter))
    }
}

impl PluginSet {
    /// In configuration order.
    pub(crate) fn all(&self) -> impl Iterator<Item = &ManagedPlugin> {
        self.managed.values()
    }

    /// The plugins that a client wants, at least one. A filter by a value that the client may not see is refused before
    /// anything is compared: the answer to a guess would tell whether it is right.
    pub(crate) fn select(
        &self,
        selection: &Selection,
        requester: &Requester,
    ) -> Result<Vec<&ManagedPlugin>, ForceError> {
        let view = SecretView::of(self.secrets, requester.is_local_administrator);
        let check = |managed: &ManagedPlugin| managed.facts().check(requester.limits.as_deref());
        let is_hidden = |name: &str| self.all().any(|managed| managed.hides(name, view));
        if let Some((name, _)) = selection.filter.iter().find(|(name, _)| is_hidden(name)) {
            return Err(ForceError::MaskedFilter(name.clone()));
        }
        let named = selection.names.iter().map(|name| {
            let managed = self.managed.get(&PluginName::from(name.as_str()));
            let managed = managed.ok_or_else(|| ForceError::UnknownPlugin(name.clone()))?;
            check(managed).map(|()| managed).map_err(|failure| ForceError::OtherPlugin(failure.for_client()))
        });
        let mut selected = named.collect::<Result<Vec<_>, _>>()?;
        if !selection.filter.is_empty() {
            selected.extend(self.all().filter(|managed| {
                managed.matches(selection.filter.iter().map(|(name, value)| (name, value))) && check(managed).is_ok()
            }));
        }
        if selected.is_empty() { Err(ForceError::NoMatch) } else { Ok(selected) }
    }

    /// A plugin as it is configured.
    pub(crate) fn prepared_of(&self, name: &PluginName) -> Option<Arc<PreparedPlugin>> {
        self.managed.get(name).map(|managed| Arc::clone(&managed.plugin))
    }

    /// All of them, in configuration order.
    pub(crate) fn prepared(&self) -> impl Iterator<Item = &Arc<PreparedPlugin>> {
        self.managed.values().map(|managed| &managed.plugin)
    }

    /// Sends a command to the tasks of these plugins, where they are configured.
    pub(crate) fn send(&self, names: &[PluginName], command: impl Fn() -> Command) {
        for managed in names.iter().filter_map(|name| self.managed.get(name)) {
            // Only the daemon's stop ends a task whose plugin is configured.
            let _ = managed.commands.send(command());
        }
    }

    /// Tells all that depend on others to look how these are.
    pub(crate) fn send_to_dependents(&self) {
        let all: Vec<_> = self.relations.dependents.values().flatten().cloned().collect();
        self.send(&all, || Command::ParentChanged);
    }

    /// The plugins that a client may see.
    pub(crate) fn visible_to(&self, requester: &Requester) -> Vec<&ManagedPlugin> {
        self.all().filter(|managed| managed.facts().check(requester.limits.as_deref()).is_ok()).collect()
    }

    /// Replaces all plugins. A plugin that is still configured keeps its task,
    /// and so does one that comes back before its last run has ended: a plugin
    /// never has two tasks, so that `Serial` holds.
    pub(crate) fn replace(&mut self, plugins: Vec<LoadedPlugin>) -> ReloadPlan {
        let mut before = mem::take(&mut self.managed);
        let mut plan = ReloadPlan::default();
        self.generation += 1;
        self.draining.retain(|_, commands| commands.strong_count() > 0);
        for LoadedPlugin { config, next_run, mut definition } in plugins {
            definition.generation = self.generation;
            let plugin = Arc::clone(&definition.plugin);
            let (name, history) = (plugin.spec().name.clone(), plugin.spec().history);
            let history_failures = plugin.spec().history_failures;
            let (retries, flap_threshold) = (plugin.spec().rules.retries, plugin.spec().rules.flap_threshold);
            let mut next_run = Some(NextRun { generation: self.generation, text: next_run });
            let managed = match before.swap_remove(&name) {
                Some(old) if old.plugin.is_same_as(&plugin) => {
                    next_run = None;
                    plan.changes.unchanged += 1;
                    old
                }
                Some(old) => {
                    plan.changes.changed.push(name.clone());
                    plan.commands.push((old.commands.clone(), Command::Reconfigure(Box::new(definition))));
                    ManagedPlugin { plugin, commands: old.commands }
                }
                None => {
                    plan.changes.added.push(name.clone());
                    let draining = self.draining.remove(&name).and_then(|commands| commands.upgrade());
                    ManagedPlugin { plugin, commands: plan.start(draining, definition) }
                }
            };
            plan.entries.push(NewPlugin {
                name: name.clone(),
                config,
                history,
                history_failures,
                retries,
                flap_threshold,
                next_run,
            });
            self.managed.insert(name, managed);
        }
        self.relations = Relations::of(self.managed.values().map(|managed| &**managed.plugin.spec()));
        for (name, ManagedPlugin { commands, .. }) in before.sorted_by(|one, _, other, _| one.cmp(other)) {
            self.draining.insert(name.clone(), commands.downgrade());
            plan.changes.removed.push(name);
            plan.commands.push((commands.clone(), Command::Drain(commands)));
        }
        plan
    }
}

impl ReloadPlan {
    /// Gives a plugin to its task that is still draining, else to a new one.
    fn start(
        &mut self,
        draining: Option<UnboundedSender<Command>>,
        definition: Definition,
    ) -> UnboundedSender<Command> {
        if let Some(commands) = draining {
            self.commands.push((commands.clone(), Command::Reconfigure(Box::new(definition))));
            return commands;
        }
        let (commands, inbox) = unbounded_channel();
        self.to_spawn.push((definition, inbox));
        commands
    }
}
