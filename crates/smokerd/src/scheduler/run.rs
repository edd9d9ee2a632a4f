//! One run of a plugin: it waits for its slot, runs, and is written for the wire.

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use smoker_model::result::{ComponentShape, Findings, PluginResult};
use smoker_model::timestamp::Timestamp;
use smoker_runner::prepared::PreparedPlugin;
use smoker_runner::runner::{RunKind, Runner};
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::results::json_text;
use crate::results::state::WrittenResult;
use crate::scheduler::slots::Slots;

/// What all runs need.
#[derive(Clone, Debug)]
pub(crate) struct Means {
    pub(crate) runner: Runner,
    pub(crate) slots: Slots,
    pub(crate) shutdown: CancellationToken,
}

/// A run that is on its way.
#[derive(Debug)]
pub(crate) struct Run {
    kind: RunKind,
    handle: AbortHandle,
    stage: Arc<Mutex<Stage>>,
}

/// How far it is.
#[derive(Debug)]
enum Stage {
    /// It waits for its slot.
    Waiting(Arc<PreparedPlugin>),
    Begun,
    Withdrawn,
}

/// What became of a run; nothing of one that was withdrawn.
pub(crate) type Outcome = Option<WrittenResult>;

impl Run {
    /// Starts a run among others.
    pub(crate) fn start(runs: &mut JoinSet<Outcome>, plugin: Arc<PreparedPlugin>, kind: RunKind, means: Means) -> Self {
        let stage = Arc::new(Mutex::new(Stage::Waiting(plugin)));
        let handle = runs.spawn(run(Arc::clone(&stage), kind, means));
        Self { kind, handle, stage }
    }

    /// The number under which it joins when it is over.
    pub(crate) fn id(&self) -> Id {
        self.handle.id()
    }

    /// Lets a run that still waits run another definition. Whether it will.
    pub(crate) fn redefine(&self, plugin: &Arc<PreparedPlugin>) -> bool {
        match &mut *lock(&self.stage) {
            Stage::Waiting(waiting) => {
                *waiting = Arc::clone(plugin);
                true
            }
            Stage::Begun | Stage::Withdrawn => false,
        }
    }

    /// Takes back a run that still waits.
    pub(crate) fn withdraw(&self) {
        let mut stage = lock(&self.stage);
        if matches!(*stage, Stage::Waiting(_)) {
            *stage = Stage::Withdrawn;
            // It may be at the lock already, and then ends by itself behind it.
            self.handle.abort();
        }
    }

    /// What the end of the run's task says.
    pub(crate) fn outcome(&self, plugin: &PreparedPlugin, end: Result<Outcome, JoinError>) -> Outcome {
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

async fn run(stage: Arc<Mutex<Stage>>, kind: RunKind, means: Means) -> Outcome {
    let Means { runner, slots, shutdown } = means;
    let slot = tokio::select! {
        slot = slots.take(kind) => Some(slot),
        () = shutdown.cancelled() => None,
    };
    let Stage::Waiting(plugin) = mem::replace(&mut *lock(&stage), Stage::Begun) else { return None };
    let result = match slot {
        Some(_slot) => runner.run(&plugin, kind, &shutdown).await,
        None => unable("not run: smokerd is stopping", kind),
    };
    Some(written(&plugin, &result))
}

/// Writes a result as the wire shows it, away from the task that keeps time.
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
