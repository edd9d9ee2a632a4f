//! One run of a plugin: it waits for its slot, runs, and writes its result as JSON.

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use smoker_model::result::{ComponentShape, Findings, PluginResult};
use smoker_model::timestamp::Timestamp;
use smoker_runner::context::RunKind;
use smoker_runner::prepared::PreparedPlugin;
use smoker_runner::runner::Runner;
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::results::json_text;
use crate::results::store::WrittenResult;
use crate::scheduler::actions::check_and_act;
use crate::scheduler::slots::Slots;

/// What the tasks of all plugins share.
#[derive(Clone, Debug)]
pub(crate) struct TaskContext {
    pub(crate) runner: Runner,
    pub(crate) slots: Slots,
    pub(crate) shutdown: CancellationToken,
}

/// The handle to a run that has not been collected yet.
#[derive(Debug)]
pub(crate) struct RunHandle {
    kind: RunKind,
    handle: AbortHandle,
    stage: Arc<Mutex<Stage>>,
}

/// How far a run is.
#[derive(Debug)]
enum Stage {
    /// It waits for its slot, and will run this definition.
    Waiting(Arc<PreparedPlugin>),
    Begun,
    Withdrawn,
}

/// The result of a run; none for a run that was withdrawn.
pub(crate) type RunOutcome = Option<WrittenResult>;

impl RunHandle {
    /// Spawns a run into `runs`.
    pub(crate) fn start(
        runs: &mut JoinSet<RunOutcome>,
        plugin: Arc<PreparedPlugin>,
        kind: RunKind,
        context: TaskContext,
    ) -> Self {
        let stage = Arc::new(Mutex::new(Stage::Waiting(plugin)));
        let handle = runs.spawn(run(Arc::clone(&stage), kind, context));
        Self { kind, handle, stage }
    }

    /// The id of its task in the join set.
    pub(crate) fn id(&self) -> Id {
        self.handle.id()
    }

    /// Gives a waiting run another definition. Returns false when the run no longer waits.
    pub(crate) fn redefine(&self, plugin: &Arc<PreparedPlugin>) -> bool {
        match &mut *lock(&self.stage) {
            Stage::Waiting(waiting) => {
                *waiting = Arc::clone(plugin);
                true
            }
            Stage::Begun | Stage::Withdrawn => false,
        }
    }

    /// Cancels a run that still waits for its slot.
    pub(crate) fn withdraw(&self) {
        let mut stage = lock(&self.stage);
        if matches!(*stage, Stage::Waiting(_)) {
            *stage = Stage::Withdrawn;
            // Its task may be waiting for the lock: then it finds the stage and ends by itself.
            self.handle.abort();
        }
    }

    /// The outcome of a run whose task has ended; an ERROR when the task panicked.
    pub(crate) fn outcome(&self, plugin: &PreparedPlugin, end: Result<RunOutcome, JoinError>) -> RunOutcome {
        match end {
            Ok(outcome) => outcome,
            Err(error) if error.is_cancelled() => None,
            Err(error) => {
                tracing::error!("Plugin {}: the run broke inside smokerd: {error}", plugin.spec().name);
                let text = "the run broke inside smokerd; its log has the reason, please report it";
                Some(written(plugin, &unable(text, self.kind)))
            }
        }
    }
}

async fn run(stage: Arc<Mutex<Stage>>, kind: RunKind, context: TaskContext) -> RunOutcome {
    let TaskContext { runner, slots, shutdown } = context;
    let slot = tokio::select! {
        slot = slots.take(kind) => Some(slot),
        () = shutdown.cancelled() => None,
    };
    let Stage::Waiting(plugin) = mem::replace(&mut *lock(&stage), Stage::Begun) else { return None };
    let result = match slot {
        Some(_slot) => check_and_act(runner.begin(&plugin, kind, &shutdown)).await,
        None => unable("not run: smokerd is stopping", kind),
    };
    Some(written(&plugin, &result))
}

/// Writes a result as JSON, in the run's own task: the plugin's task keeps time.
fn written(plugin: &PreparedPlugin, result: &PluginResult) -> WrittenResult {
    let listed: Arc<str> = json_text::to_text(&result.on_wire(ComponentShape::List)).into();
    let has_components = result.component_results.as_ref().is_some_and(|components| !components.as_json().is_empty());
    let mapped = if has_components {
        json_text::to_text(&result.on_wire(ComponentShape::Mapping)).into()
    } else {
        Arc::clone(&listed)
    };
    tracing::info!("Plugin {} result: {listed}", plugin.spec().name);
    WrittenResult { listed, mapped }
}

fn unable(reason: &str, kind: RunKind) -> PluginResult {
    Findings::error(reason).into_result(Timestamp::now(), kind == RunKind::Forced)
}

fn lock(stage: &Mutex<Stage>) -> MutexGuard<'_, Stage> {
    stage.lock().unwrap_or_else(PoisonError::into_inner)
}
