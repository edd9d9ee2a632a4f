//! One plugin's task: it owns the plugin's timer and its runs, so that no
//! plugin ever waits for another.

use std::future::pending;
use std::mem;
use std::sync::Arc;

use smoker_model::result::{ComponentShape, Findings, PluginResult};
use smoker_model::timestamp::Timestamp;
use smoker_runner::prepared::PreparedPlugin;
use smoker_runner::runner::{RunKind, Runner};
use tokio::sync::mpsc;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::json_text;
use crate::process_table::ProcessId;
use crate::schedule::Schedule;
use crate::slots::Slots;
use crate::state::{SharedState, WrittenResult};

/// What all plugin tasks share.
#[derive(Clone, Debug)]
pub(crate) struct Surroundings {
    pub(crate) runner: Runner,
    pub(crate) slots: Slots,
    pub(crate) state: SharedState,
    pub(crate) shutdown: CancellationToken,
}

/// A plugin that lives.
pub(crate) struct PluginTask {
    plugin: Arc<PreparedPlugin>,
    surroundings: Surroundings,
    requests: mpsc::UnboundedReceiver<ProcessId>,
    schedule: Option<Schedule>,
    runs: JoinSet<WrittenResult>,
    timed: Option<Id>,
    forced: Forced,
    skipped: u64,
}

/// What became of requests to run.
enum Forced {
    /// There are none.
    Idle,
    /// They wait for the timed run of a serial plugin to end.
    Waiting(Vec<ProcessId>),
    /// A run is on its way; these processes get its result.
    Running(Id, Vec<ProcessId>),
}

impl PluginTask {
    /// A plugin that was loaded just now.
    pub(crate) fn new(
        plugin: Arc<PreparedPlugin>,
        requests: mpsc::UnboundedReceiver<ProcessId>,
        surroundings: Surroundings,
    ) -> Self {
        let schedule = Schedule::of(plugin.spec(), Instant::now());
        let task = Self {
            plugin,
            surroundings,
            requests,
            schedule,
            runs: JoinSet::new(),
            timed: None,
            forced: Forced::Idle,
            skipped: 0,
        };
        task.publish_next_run();
        task
    }

    /// Lives until the daemon stops and all runs have ended.
    pub(crate) async fn live(mut self) {
        let shutdown = self.surroundings.shutdown.clone();
        loop {
            let next = self.schedule.as_ref().map(Schedule::next);
            tokio::select! {
                () = shutdown.cancelled() => break,
                () = due(next) => self.tick(),
                Some(process) = self.requests.recv() => self.force(process),
                Some(run) = self.runs.join_next_with_id() => self.collect(run),
            }
        }
        while let Some(run) = self.runs.join_next_with_id().await {
            self.collect(run);
        }
    }

    /// It is time for a run, unless one is still on its way.
    fn tick(&mut self) {
        let missed = self.schedule.as_mut().map_or(0, |schedule| schedule.advance(Instant::now()));
        let is_busy = self.timed.is_some() || (self.plugin.spec().serial && !self.runs.is_empty());
        if !is_busy {
            self.timed = Some(self.start(RunKind::Scheduled));
        }
        let skipped = missed + u64::from(is_busy);
        if skipped > 0 {
            self.skipped += skipped;
            let (name, all) = (&self.plugin.spec().name, self.skipped);
            let why = if is_busy { "the last one still goes on" } else { "their time went by while the machine slept" };
            tracing::warn!("Plugin {name}: {skipped} timed runs skipped, {why} ({all} skipped since the start)");
        }
        self.publish_next_run();
    }

    /// A client asks for a run. One that is on its way by request is joined.
    fn force(&mut self, process: ProcessId) {
        let must_wait = self.plugin.spec().serial && self.timed.is_some();
        match &mut self.forced {
            Forced::Waiting(processes) | Forced::Running(_, processes) => processes.push(process),
            Forced::Idle if must_wait => self.forced = Forced::Waiting(vec![process]),
            Forced::Idle => self.forced = Forced::Running(self.start(RunKind::Forced), vec![process]),
        }
    }

    fn start(&mut self, kind: RunKind) -> Id {
        let plugin = Arc::clone(&self.plugin);
        let Surroundings { runner, slots, shutdown, .. } = self.surroundings.clone();
        let run = async move {
            let slot = tokio::select! {
                slot = slots.take(kind) => slot,
                () = shutdown.cancelled() => return written(&plugin, &not_run(kind)),
            };
            let result = runner.run(&plugin, kind, &shutdown).await;
            drop(slot);
            written(&plugin, &result)
        };
        self.runs.spawn(run).id()
    }

    /// Records what a run gave.
    fn collect(&mut self, run: Result<(Id, WrittenResult), JoinError>) {
        let (id, result) = match run {
            Ok((id, result)) => (id, Some(result)),
            Err(error) => {
                tracing::error!("Plugin {}: the run broke inside smokerd: {error}", self.plugin.spec().name);
                (error.id(), None)
            }
        };
        let (kind, waiting) = match mem::replace(&mut self.forced, Forced::Idle) {
            Forced::Running(forced, waiting) if forced == id => (RunKind::Forced, waiting),
            other => {
                self.forced = other;
                self.timed = None;
                (RunKind::Scheduled, Vec::new())
            }
        };
        let result = result.unwrap_or_else(|| written(&self.plugin, &broken(kind)));
        self.surroundings.state.record(&self.plugin.spec().name, &result, &waiting);
        if self.timed.is_none()
            && let Forced::Waiting(waiting) = &mut self.forced
        {
            let waiting = mem::take(waiting);
            self.forced = Forced::Running(self.start(RunKind::Forced), waiting);
        }
    }

    fn publish_next_run(&self) {
        let next_run = self.schedule.as_ref().and_then(Schedule::next_in_local_time);
        self.surroundings.state.set_next_run(&self.plugin.spec().name, next_run);
    }
}

async fn due(next: Option<Instant>) {
    match next {
        Some(next) => sleep_until(next).await,
        None => pending().await,
    }
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

fn not_run(kind: RunKind) -> PluginResult {
    Findings::error("not run: smokerd is stopping").into_result(Timestamp::now(), kind == RunKind::Forced)
}

fn broken(kind: RunKind) -> PluginResult {
    let text = "the run broke inside smokerd; its log has the reason, please report it";
    Findings::error(text).into_result(Timestamp::now(), kind == RunKind::Forced)
}
