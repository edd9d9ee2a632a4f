//! One plugin's task: it owns the plugin's timer and its runs, so that no
//! plugin ever waits for another.

use std::future::pending;
use std::mem;
use std::sync::Arc;

use smoker_model::plugin::PluginName;
use smoker_model::timestamp::Timestamp;
use smoker_runner::context::RunKind;
use smoker_runner::prepared::PreparedPlugin;
use tokio::sync::mpsc;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};

use crate::results::processes::ProcessId;
use crate::results::store::SharedState;
use crate::results::table::ConfigGeneration;
use crate::scheduler::run::{RunHandle, RunOutcome, TaskContext};
use crate::scheduler::schedule::Schedule;

/// A plugin as one configuration defines it, with its schedule.
#[derive(Debug)]
pub(crate) struct Definition {
    pub(crate) plugin: Arc<PreparedPlugin>,
    pub(crate) generation: ConfigGeneration,
    schedule: Option<Schedule>,
}

/// What the manager sends to a task.
#[derive(Debug)]
pub(crate) enum Command {
    /// Run the plugin for this process.
    Run(ProcessId),
    /// Change to another definition. Boxed, since a channel has room for dozens
    /// of commands, and there are thousands of channels.
    Reconfigure(Box<Definition>),
    /// Start no more timed runs; end when the last run has. The task drops the
    /// sender then: until it has, the plugin may come back to this task.
    Drain(mpsc::UnboundedSender<Command>),
    /// Show that the task is alive, by dropping the sender.
    Ping(mpsc::Sender<()>),
}

/// The task of one plugin.
pub(crate) struct PluginTask {
    definition: Definition,
    commands: mpsc::UnboundedReceiver<Command>,
    state: SharedState,
    context: TaskContext,
    runs: JoinSet<RunOutcome>,
    timed: Option<RunHandle>,
    forced: Forced,
    /// Forced runs of earlier definitions. New requests do not join them.
    outdated: Vec<(RunHandle, Vec<ProcessId>)>,
    /// Set while the task is draining, see [`Command::Drain`].
    draining: Option<mpsc::UnboundedSender<Command>>,
    /// How many timed runs were skipped since the task started.
    skipped: u64,
}

/// How far the requests to run are.
enum Forced {
    /// There is no request.
    Idle,
    /// The plugin is serial, and another run of it has not ended yet.
    Waiting(Vec<ProcessId>),
    /// The run has been started; these processes get its result.
    Running(RunHandle, Vec<ProcessId>),
}

impl PluginTask {
    /// A task without runs.
    pub(crate) fn new(
        definition: Definition,
        commands: mpsc::UnboundedReceiver<Command>,
        state: SharedState,
        context: TaskContext,
    ) -> Self {
        Self {
            definition,
            commands,
            state,
            context,
            runs: JoinSet::new(),
            timed: None,
            forced: Forced::Idle,
            outdated: Vec::new(),
            draining: None,
            skipped: 0,
        }
    }

    /// Runs until the plugin is removed or the daemon stops, and all of its runs have ended.
    pub(crate) async fn run(mut self) {
        let shutdown = self.context.shutdown.clone();
        loop {
            let next = self.definition.schedule.as_ref().map(Schedule::next);
            tokio::select! {
                () = shutdown.cancelled() => break,
                () = due(next) => self.tick(),
                command = self.commands.recv() => match command {
                    Some(command) => self.handle(command),
                    None => break,
                },
                Some(run) = self.runs.join_next_with_id() => self.collect(run),
            }
            if self.runs.is_empty() {
                self.draining = None;
            }
        }
        while let Some(run) = self.runs.join_next_with_id().await {
            self.collect(run);
        }
    }

    fn handle(&mut self, command: Command) {
        match command {
            Command::Run(process) => self.force(process),
            Command::Reconfigure(definition) => self.reconfigure(*definition),
            Command::Drain(commands) => {
                self.definition.schedule = None;
                self.withdraw_timed();
                self.draining = Some(commands);
            }
            Command::Ping(reply) => drop(reply),
        }
    }

    /// Runs that have begun finish under the old definition, and requests from
    /// now on do not join them. A forced run that still waits for its slot
    /// takes the new one; a timed run that waits is withdrawn, since the new
    /// schedule plans another.
    fn reconfigure(&mut self, definition: Definition) {
        self.withdraw_timed();
        self.forced = match mem::replace(&mut self.forced, Forced::Idle) {
            Forced::Running(run, processes) if !run.redefine(&definition.plugin) => {
                self.outdated.push((run, processes));
                Forced::Idle
            }
            other => other,
        };
        self.definition = definition;
        self.draining = None;
    }

    fn withdraw_timed(&self) {
        if let Some(timed) = &self.timed {
            timed.withdraw();
        }
    }

    /// A timed run is due; it is skipped when another one has not ended.
    fn tick(&mut self) {
        let missed = self.definition.schedule.as_mut().map_or(0, |schedule| schedule.advance(Instant::now()));
        let is_busy = self.timed.is_some() || (self.is_serial() && !self.runs.is_empty());
        if !is_busy {
            self.timed = Some(self.start(RunKind::Scheduled));
        }
        let skipped = missed + u64::from(is_busy);
        if skipped > 0 {
            self.skipped += skipped;
            let (name, all) = (self.name(), self.skipped);
            let why = if is_busy { "the last one still goes on" } else { "their time went by while the machine slept" };
            tracing::warn!("Plugin {name}: {skipped} timed runs skipped, {why} ({all} skipped since the start)");
        }
        self.state.set_next_run(self.name(), self.definition.generation, self.definition.next_run());
    }

    /// A client requests a run; it joins a forced run that has not ended.
    fn force(&mut self, process: ProcessId) {
        let must_wait = self.is_serial() && !self.runs.is_empty();
        match &mut self.forced {
            Forced::Waiting(processes) | Forced::Running(_, processes) => processes.push(process),
            Forced::Idle if must_wait => self.forced = Forced::Waiting(vec![process]),
            Forced::Idle => self.forced = Forced::Running(self.start(RunKind::Forced), vec![process]),
        }
    }

    fn start(&mut self, kind: RunKind) -> RunHandle {
        RunHandle::start(&mut self.runs, Arc::clone(&self.definition.plugin), kind, self.context.clone())
    }

    /// Records the result of a run that has ended.
    fn collect(&mut self, end: Result<(Id, RunOutcome), JoinError>) {
        let (id, end) = match end {
            Ok((id, outcome)) => (id, Ok(outcome)),
            Err(error) => (error.id(), Err(error)),
        };
        if let Some((run, processes)) = self.take_run(id)
            && let Some(result) = run.outcome(&self.definition.plugin, end)
        {
            self.state.record(self.name(), &result, &processes);
        }
        if self.runs.is_empty()
            && let Forced::Waiting(processes) = &mut self.forced
        {
            let processes = mem::take(processes);
            self.forced = Forced::Running(self.start(RunKind::Forced), processes);
        }
    }

    /// Removes a run that has ended, with the processes that get its result.
    fn take_run(&mut self, id: Id) -> Option<(RunHandle, Vec<ProcessId>)> {
        if let Some(timed) = self.timed.take_if(|run| run.id() == id) {
            return Some((timed, Vec::new()));
        }
        match mem::replace(&mut self.forced, Forced::Idle) {
            Forced::Running(run, processes) if run.id() == id => Some((run, processes)),
            other => {
                self.forced = other;
                let at = self.outdated.iter().position(|(run, _)| run.id() == id)?;
                Some(self.outdated.swap_remove(at))
            }
        }
    }

    fn name(&self) -> &PluginName {
        &self.definition.plugin.spec().name
    }

    fn is_serial(&self) -> bool {
        self.definition.plugin.spec().serial
    }
}

impl Definition {
    /// A plugin whose schedule starts now.
    pub(crate) fn of(plugin: PreparedPlugin) -> Self {
        let schedule = Schedule::of(plugin.spec(), Instant::now());
        Self { plugin: Arc::new(plugin), generation: 0, schedule }
    }

    /// When its next timed run is due.
    pub(crate) fn next_run(&self) -> Option<Timestamp> {
        self.schedule.as_ref().and_then(Schedule::next_in_local_time)
    }
}

async fn due(next: Option<Instant>) {
    match next {
        Some(next) => sleep_until(next).await,
        None => pending().await,
    }
}
