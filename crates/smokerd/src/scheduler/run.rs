//! One run of a plugin: it waits for its slot, runs, and writes its result as JSON.

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use smoker_model::occasion::Occasion;
use smoker_model::plugin::{Parameters, PluginSpec, Trigger};
use smoker_model::result::{Findings, PluginResult};
use smoker_model::run_record::{FinishedRun, ResultText, RunRecord, RunState, RunTrigger};
use smoker_model::status::Status;
use smoker_model::time::moment::Moment;
use smoker_runner::context::RunKind;
use smoker_runner::prepared::PreparedPlugin;
use smoker_runner::runner::Runner;
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::results::json_text;
use crate::results::kept::history::Sequence;
use crate::results::plugin::next_run::ConfigGeneration;
use crate::results::plugin::standing::Attempt;
use crate::results::requester::Requester;
use crate::results::store::SharedState;
use crate::scheduler::actions::{Acted, Acting, check_and_act};
use crate::scheduler::clock::Clock;
use crate::scheduler::dependencies::ancestors::Ancestors;
use crate::scheduler::dependencies::judgement::{Judgement, Shown, judge};
use crate::scheduler::forced::given_values;
use crate::scheduler::reports::known;
use crate::scheduler::serial_groups::SerialGroups;
use crate::scheduler::slots::Slots;

/// How long a run waits until the journal has that it starts.
const LONGEST_NOTE: Duration = Duration::from_secs(1);

/// What the tasks of all plugins share.
#[derive(Clone, Debug)]
pub(crate) struct TaskContext {
    pub(crate) runner: Runner,
    pub(crate) slots: Slots,
    pub(crate) groups: SerialGroups,
    pub(crate) ancestors: Ancestors,
    pub(crate) clock: Clock,
    pub(crate) daemon_started: DateTime<Utc>,
    pub(crate) state: SharedState,
    pub(crate) shutdown: CancellationToken,
}

/// Why a run is to take place, and since when.
#[derive(Clone, Debug)]
pub(crate) struct RunRequest {
    pub(crate) trigger: RunTrigger,
    /// The planned instant of the timer, or the arrival of the request.
    pub(crate) planned: Moment,
    /// How many results before it were bad in a row.
    pub(crate) bad_before: u32,
    /// What a client gives for its parameters.
    pub(crate) values: Option<Arc<Parameters>>,
}

/// The handle to a run that has not been collected yet.
#[derive(Debug)]
pub(crate) struct RunHandle {
    request: RunRequest,
    handle: AbortHandle,
    stage: Arc<Mutex<Stage>>,
}

/// How far a run is.
#[derive(Debug)]
enum Stage {
    /// It waits for its slot, and will run this definition.
    Waiting(Arc<PreparedPlugin>, ConfigGeneration),
    Begun,
    Withdrawn,
}

impl Stage {
    /// The group whose turn it waits for.
    fn group(&self) -> Option<Arc<str>> {
        match self {
            Self::Waiting(plugin, _) => plugin.spec().rules.serial_group.clone(),
            Self::Begun | Self::Withdrawn => None,
        }
    }

    /// Begins the run, which has the turn of this group. Returns what it was before; none when it is to wait for that of another one.
    fn begin_in(&mut self, group: Option<&Arc<str>>) -> Option<Self> {
        let is_its_turn = !matches!(self, Self::Waiting(..)) || self.group().as_ref() == group;
        is_its_turn.then(|| mem::replace(self, Self::Begun))
    }
}

/// The record of a run; none for a run that was withdrawn.
pub(crate) type RunOutcome = Option<RunRecord>;

impl RunRequest {
    /// A run that this client requested at this moment.
    pub(crate) fn by_client(requester: &Requester, planned: Moment, values: Option<Arc<Parameters>>) -> Self {
        let Requester { name, identity, .. } = requester.clone();
        Self { trigger: RunTrigger::Request { requester: Some(name), identity }, planned, bad_before: 0, values }
    }

    /// The plugin as this run has it.
    fn plugin(&self, plugin: Arc<PreparedPlugin>) -> Result<Arc<PreparedPlugin>, String> {
        let plugin = match &self.values {
            None => plugin,
            Some(values) => Arc::new(plugin.with_values(values)?),
        };
        match plugin.without_value() {
            Some(name) => Err(given_values::missing(name)),
            None => Ok(plugin),
        }
    }

    /// Which attempt a result of it is.
    fn attempt(&self, plugin: &PreparedPlugin, result: &PluginResult) -> Attempt {
        let retries = plugin.spec().rules.retries.filter(|_| !self.trigger.is_request());
        Attempt::after(self.bad_before, result.status, retries)
    }

    fn kind(&self) -> RunKind {
        if self.trigger.is_request() { RunKind::Forced } else { RunKind::Scheduled }
    }
}

impl RunHandle {
    /// Spawns a run into `runs`.
    pub(crate) fn start(
        runs: &mut JoinSet<RunOutcome>,
        plugin: (Arc<PreparedPlugin>, ConfigGeneration),
        request: RunRequest,
        context: TaskContext,
    ) -> Self {
        let stage = Arc::new(Mutex::new(Stage::Waiting(plugin.0, plugin.1)));
        let handle = runs.spawn(run(Arc::clone(&stage), request.clone(), context));
        Self { request, handle, stage }
    }

    /// What a client gave for its parameters.
    pub(crate) fn values(&self) -> Option<&Arc<Parameters>> {
        self.request.values.as_ref()
    }

    /// Why it is to take place.
    pub(crate) fn trigger(&self) -> &RunTrigger {
        &self.request.trigger
    }

    /// The id of its task in the join set.
    pub(crate) fn id(&self) -> Id {
        self.handle.id()
    }

    /// Gives a waiting run another definition. Returns false when the run no longer waits.
    pub(crate) fn redefine(&self, plugin: &Arc<PreparedPlugin>, generation: ConfigGeneration) -> bool {
        match &mut *lock(&self.stage) {
            Stage::Waiting(waiting, of) => {
                (*waiting, *of) = (Arc::clone(plugin), generation);
                true
            }
            Stage::Begun | Stage::Withdrawn => false,
        }
    }

    /// Cancels a run that still waits for its slot.
    pub(crate) fn withdraw(&self) {
        let mut stage = lock(&self.stage);
        if matches!(*stage, Stage::Waiting(..)) {
            *stage = Stage::Withdrawn;
            // Its task may be waiting for the lock: then it finds the stage and ends by itself.
            self.handle.abort();
        }
    }

    /// The outcome of a run whose task has ended; an ERROR when the task panicked.
    pub(crate) fn outcome(
        &self,
        plugin: &PreparedPlugin,
        end: Result<RunOutcome, JoinError>,
        clock: &Clock,
    ) -> RunOutcome {
        match end {
            Ok(outcome) => outcome,
            Err(error) if error.is_cancelled() => None,
            Err(error) => {
                tracing::error!("Plugin {}: the run's task panicked: {error}", plugin.spec().name);
                let text = "the run's task panicked; the log of smokerd has the reason, please report it";
                let result = unable(text, self.request.kind());
                let now = clock.now();
                Some(finished(plugin, self.request.clone(), &Run::unknown(now), Acted::not_run(result)))
            }
        }
    }
}

async fn run(stage: Arc<Mutex<Stage>>, request: RunRequest, context: TaskContext) -> RunOutcome {
    let TaskContext { runner, slots, groups, ancestors, clock, daemon_started, state, shutdown } = context;
    let kind = request.kind();
    let turn = async {
        loop {
            // The turn in its group comes first: a run that waits for it takes no slot.
            let group = lock(&stage).group();
            let turn = match &group {
                Some(group) => Some(groups.enter(group).await),
                None => None,
            };
            let slot = slots.take(kind).await;
            // It may have come into another group meanwhile.
            if let Some(begun) = lock(&stage).begin_in(group.as_ref()) {
                return (begun, Some((turn, slot)));
            }
        }
    };
    let (stage_before, slot) = tokio::select! {
        begun = turn => begun,
        () = shutdown.cancelled() => (mem::replace(&mut *lock(&stage), Stage::Begun), None),
    };
    let Stage::Waiting(plugin, generation) = stage_before else { return None };
    let started = clock.now();
    let is_stopping = slot.is_none();
    let ((number, started_behind), acted) = if let Some(_slot) = slot {
        let name = &plugin.spec().name;
        let number = state.started(name, started, (&request.trigger, request.planned), generation);
        if has_times(plugin.spec()) && !request.trigger.is_request() {
            // A crash must not make it take place twice. A disk that hangs keeps it from nothing.
            let _ = timeout(LONGEST_NOTE, state.written()).await;
        }
        let acting = |result: &PluginResult| {
            if state.is_silenced(name) {
                return Acting::Held;
            }
            let (spec, status, seen) = (plugin.spec(), result.status, number.1);
            // With values of a client it says nothing of what others may be the cause of.
            if spec.rules.depends_on.is_empty() || request.values.is_some() {
                return Acting::OfRun;
            }
            let first = state.first_with_status(name, status).unwrap_or(Sequence::MAX);
            let shown = Shown { spec, status, first, seen };
            match judge(shown, &ancestors.of(spec), &state, clock.now().wall, |_, _| false) {
                Judgement::Own => Acting::OfRun,
                Judgement::Consequence { .. } | Judgement::Open { .. } => Acting::Postponed,
            }
        };
        let occasion = |result: &PluginResult| {
            let Attempt { number: attempt, is_soft, .. } = request.attempt(&plugin, result);
            Occasion { attempt, is_soft, ..Occasion::of_result(name, result, state.last_status(name)) }
        };
        // Boxed, so that the many runs that may wait for a slot take little memory.
        let known = Box::pin(known::of(plugin.spec(), &runner, &state, daemon_started, started.wall)).await;
        let acted = match request.plugin(Arc::clone(&plugin)) {
            Ok(own) => {
                let run = runner.begin(&own, kind, &shutdown).knowing(known).at(started);
                Box::pin(check_and_act(run, acting, occasion)).await
            }
            Err(reason) => Acted::not_run(unable(&reason, kind)),
        };
        (number, acted)
    } else {
        ((0, 0), Acted::not_run(unable("not run: smokerd is stopping", kind)))
    };
    // A stop ends runs, which is a fault of theirs; those that came to their own end have a result.
    let is_interrupted = is_stopping || (acted.result.is_fault && shutdown.is_cancelled());
    let run = Run { started, ended: clock.now(), generation, number, started_behind, is_interrupted };
    Some(finished(&plugin, request, &run, acted))
}

/// Whether a plugin may be a job, whose runs matter each: it does not run all the time.
fn has_times(spec: &PluginSpec) -> bool {
    !matches!(spec.trigger, Some(Trigger::Every { .. }))
}

/// What a run's record says of it beside its result.
struct Run {
    started: Moment,
    ended: Moment,
    generation: ConfigGeneration,
    number: u64,
    started_behind: Sequence,
    is_interrupted: bool,
}

impl Run {
    /// A run whose task panicked at this moment.
    fn unknown(now: Moment) -> Self {
        Self { started: now, ended: now, generation: 0, number: 0, started_behind: 0, is_interrupted: false }
    }
}

/// The record of a run that has ended. Its result is written as JSON here, in
/// the run's own task: the plugin's task keeps time.
fn finished(plugin: &PreparedPlugin, request: RunRequest, run: &Run, acted: Acted) -> RunRecord {
    let Acted { mut result, is_maintenance, has_postponed_actions } = acted;
    if let RunTrigger::Request { identity, .. } | RunTrigger::Report { identity, .. } = &request.trigger {
        result.triggered_by.clone_from(identity);
    }
    let text = ResultText::of(&result, |result| json_text::to_text(result));
    let name = plugin.spec().name.clone();
    tracing::info!("Plugin {name} result: {}", text.listed);
    let &Run { started, ended, generation, number, started_behind, is_interrupted } = run;
    let Attempt { number: attempt, is_soft, .. } =
        if is_maintenance { Attempt::after(0, Status::Ok, None) } else { request.attempt(plugin, &result) };
    let RunRequest { trigger, planned, values, .. } = request;
    let run = FinishedRun {
        started,
        ended,
        attempt,
        is_soft,
        generation,
        run: number,
        started_behind,
        is_interrupted,
        is_maintenance,
        has_given_values: values.is_some(),
        has_postponed_actions,
        result,
        text,
    };
    let state = RunState::Finished(Box::new(run));
    RunRecord { sequence: 0, plugin: name, trigger, planned, state }
}

fn unable(reason: &str, kind: RunKind) -> PluginResult {
    Findings::error(reason).into_result(Moment::now(), kind == RunKind::Forced)
}

fn lock(stage: &Mutex<Stage>) -> MutexGuard<'_, Stage> {
    stage.lock().unwrap_or_else(PoisonError::into_inner)
}
