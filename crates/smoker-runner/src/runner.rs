//! The way of a run, from the maintenance lock to the action's result.

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use smoker_model::messages::{Level, Messages};
use smoker_model::module::ModuleKind;
use smoker_model::plugin::{Execution, StdinMode};
use smoker_model::result::{ActionResult, Findings, PluginResult};
use smoker_model::status::Status;
use smoker_model::timestamp::Timestamp;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use crate::command::CommandRun;
use crate::evidence::Evidence;
use crate::modules::dispatch::{ModuleRun, Modules, ParserRun};
use crate::modules::host::settings::PythonSettings;
use crate::prepared::PreparedPlugin;
use crate::process::containment::family::Family;
use crate::process::containment::reaper::Reaper;
use crate::witness::Witness;
use crate::{action, aside};

/// Why a run takes place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunKind {
    /// It was time.
    Scheduled,
    /// A client asked for it.
    Forced,
}

/// Runs plugins. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Runner {
    modules: Arc<RwLock<Modules>>,
    reaper: Reaper,
}

impl Runner {
    /// A runner whose children the reaper looks after. An interpreter for
    /// modules is started by the first run that needs one.
    #[must_use]
    pub fn new(reaper: Reaper, python: PythonSettings) -> Self {
        Self { modules: Arc::new(RwLock::new(Modules::new(python, reaper.clone()))), reaper }
    }

    /// Takes another interpreter, or other folders, for runs that begin from
    /// now on. The host that there is ends with the last run that it has.
    pub fn set_python(&self, python: PythonSettings) {
        let mut modules = self.modules.write().unwrap_or_else(PoisonError::into_inner);
        *modules = Modules::new(python, self.reaper.clone());
    }

    /// What a run uses from its beginning to its end.
    fn modules(&self) -> Modules {
        self.modules.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Runs a plugin and its action. Always gives a result; what goes wrong is
    /// part of it. Cancelling ends the run's processes and then gives what is known.
    pub async fn run(&self, plugin: &PreparedPlugin, kind: RunKind, cancel: &CancellationToken) -> PluginResult {
        self.run_before(None, plugin, kind, cancel).await
    }

    /// As [`Self::run`], and gives what the run of the plugin showed besides.
    pub async fn run_with_evidence(
        &self,
        plugin: &PreparedPlugin,
        kind: RunKind,
        cancel: &CancellationToken,
    ) -> (PluginResult, Evidence) {
        let witness = Witness::default();
        let result = self.run_before(Some(&witness), plugin, kind, cancel).await;
        (result, witness.evidence().await)
    }

    async fn run_before(
        &self,
        witness: Option<&Witness>,
        plugin: &PreparedPlugin,
        kind: RunKind,
        cancel: &CancellationToken,
    ) -> PluginResult {
        let modules = self.modules();
        let spec = plugin.spec();
        let started = Timestamp::now();
        let forced = kind == RunKind::Forced;
        if let Some(lock) = &spec.maintenance_lock {
            match exists(lock, plugin).await {
                Ok(false) => {}
                Ok(true) => {
                    if let Some(witness) = witness {
                        witness.saw_lock(&lock.to_string_lossy());
                    }
                    return skipped().into_result(started, forced);
                }
                Err(reason) => return Findings::error(&reason).into_result(started, forced),
            }
        }
        let began = Instant::now();
        // It is over when the result is there: only then what it left running is ended.
        let family = Family::new(&self.reaper, &spec.name);
        let mut result = findings(&modules, witness, plugin, forced, &family, cancel).await.into_result(started, false);
        if let Some(witness) = witness {
            witness.saw_end(began.elapsed());
        }
        if let Some(action) = &spec.action
            && !cancel.is_cancelled()
        {
            let outcome = action::run(action, plugin, &result, forced, &family, &modules, cancel).await;
            result.action = Some(ActionResult::Ran(Box::new(outcome)));
        }
        result.forced = forced;
        result
    }
}

async fn findings(
    modules: &Modules,
    witness: Option<&Witness>,
    plugin: &PreparedPlugin,
    forced: bool,
    family: &Family,
    cancel: &CancellationToken,
) -> Findings {
    let spec = plugin.spec();
    match &spec.execution {
        Execution::Module(name) => {
            let module = ModuleRun {
                kind: ModuleKind::Plugin,
                name,
                plugin,
                forced,
                timeout: &spec.timeout,
                max_output: spec.max_output,
                leave_running: spec.leave_running,
                result: None,
                witness,
            };
            module.findings(family, modules, cancel).await
        }
        Execution::Command { command, parser } => {
            let command = CommandRun {
                command,
                lookup: &|name: &str| spec.parameters.get(name).cloned(),
                environment: plugin.environment(),
                credentials: plugin.credentials(),
                input: (spec.stdin == StdinMode::Json).then(|| action::as_json(&spec.parameters)),
                timeout: &spec.timeout,
                max_output: spec.max_output,
                leave_running: spec.leave_running,
                witness,
                parser: parser.as_deref().map(|name| ParserRun { name, plugin, forced, witness }),
            };
            command.findings(family, modules, cancel).await
        }
    }
}

fn skipped() -> Findings {
    Findings::new(Status::Warn, Messages::of(Level::Warn, "Skipped because of maintenance in progress"))
}

/// Looks for the maintenance lock within the plugin's time limit, away from
/// the threads that serve: a file server that is gone answers late or never.
/// A plugin has one such look at a time, so that those that never return do
/// not use up the threads.
async fn exists(lock: &Path, plugin: &PreparedPlugin) -> Result<bool, String> {
    let limit = &plugin.spec().timeout;
    let path = lock.to_owned();
    let look = async {
        let turn = plugin.lock_look().lock_owned().await;
        let look = move || {
            let _turn = turn;
            path.exists()
        };
        aside::run(look).await
    };
    let shown = lock.display();
    match timeout(limit.duration, look).await {
        Ok(Ok(exists)) => Ok(exists),
        Ok(Err(error)) => Err(format!("can't look for MaintenanceLock {shown}: {error}")),
        Err(_) => {
            Err(format!("Execution timeout after {} seconds, while looking for MaintenanceLock {shown}", limit.text))
        }
    }
}
