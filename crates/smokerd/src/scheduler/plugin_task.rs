//! One plugin's task: it owns the plugin's timer and its runs, so that no
//! plugin ever waits for another.

use std::future::pending;
use std::mem;
use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, Utc};
use smoker_model::plugin::PluginName;
use smoker_model::run_record::{RunRecord, RunState, RunTrigger, SkipReason};
use smoker_model::time::moment::Moment;
use smoker_model::time::timestamp::Timestamp;
use smoker_runner::prepared::PreparedPlugin;
use tokio::sync::mpsc;
use tokio::task::{Id, JoinError, JoinSet};

use crate::results::processes::process::ProcessId;
use crate::results::requester::Requester;
use crate::results::store::SharedState;
use crate::results::table::ConfigGeneration;
use crate::scheduler::clock::Clock;
use crate::scheduler::run::{RunHandle, RunOutcome, RunRequest, TaskContext};
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
    /// Run the plugin for this process, which this client requests.
    Run(ProcessId, Arc<Requester>),
    /// Change to another definition. Boxed, since a channel has room for dozens
    /// of commands, and there are thousands of channels.
    Reconfigure(Box<Definition>),
    /// Start no more scheduled runs; end when the last run has. The task drops the
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
    scheduled: Option<RunHandle>,
    forced: Forced,
    /// Forced runs of earlier definitions. New requests do not join them.
    outdated: Vec<(RunHandle, Vec<ProcessId>)>,
    /// How many scheduled runs were skipped.
    skipped: u64,
    /// Set while the task is draining, see [`Command::Drain`].
    draining: Option<mpsc::UnboundedSender<Command>>,
}

/// How far the requests to run are.
enum Forced {
    /// There is no request.
    Idle,
    /// The plugin is serial, and another run of it has not ended yet; with the first request.
    Waiting(RunRequest, Vec<ProcessId>),
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
            scheduled: None,
            forced: Forced::Idle,
            outdated: Vec::new(),
            skipped: 0,
            draining: None,
        }
    }

    /// Runs until the plugin is removed or the daemon stops, and all of its runs have ended.
    pub(crate) async fn run(mut self) {
        let TaskContext { shutdown, clock, .. } = self.context.clone();
        loop {
            let next = self.definition.schedule.as_ref().map(Schedule::due);
            tokio::select! {
                () = shutdown.cancelled() => break,
                () = due(&clock, next) => self.tick(),
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
            Command::Run(process, requester) => self.force(process, &requester),
            Command::Reconfigure(definition) => self.reconfigure(*definition),
            Command::Drain(commands) => {
                self.definition.schedule = None;
                self.withdraw_scheduled();
                self.draining = Some(commands);
            }
            Command::Ping(reply) => drop(reply),
        }
    }

    /// Runs that have begun finish under the old definition, and requests from
    /// now on do not join them. A run that still waits for its slot takes the
    /// new one, unless it is a scheduled one and the plugin has no schedule any more.
    fn reconfigure(&mut self, mut definition: Definition) {
        match (&mut definition.schedule, &self.definition.schedule) {
            (None, _) => self.withdraw_scheduled(),
            (Some(new), before) => {
                if let Some(before) = before {
                    new.not_later_than(before);
                }
                if let Some(scheduled) = &self.scheduled {
                    scheduled.redefine(&definition.plugin, definition.generation);
                }
            }
        }
        self.forced = match mem::replace(&mut self.forced, Forced::Idle) {
            Forced::Running(run, processes) if !run.redefine(&definition.plugin, definition.generation) => {
                self.outdated.push((run, processes));
                Forced::Idle
            }
            other => other,
        };
        self.definition = definition;
        self.draining = None;
        let next_run = self.definition.next_run(self.context.clock.now());
        self.state.set_next_run(self.name(), self.definition.generation, next_run);
    }

    fn withdraw_scheduled(&self) {
        if let Some(scheduled) = &self.scheduled {
            scheduled.withdraw();
        }
    }

    /// A scheduled run is due; it is skipped when another one has not ended.
    fn tick(&mut self) {
        let now = self.context.clock.now();
        let Some(schedule) = &mut self.definition.schedule else { return };
        let planned = schedule.next(now).unwrap_or(now);
        let missed = schedule.advance(now);
        let is_busy = self.scheduled.is_some() || (self.is_serial() && !self.runs.is_empty());
        if !is_busy {
            self.scheduled = Some(self.start(RunRequest { trigger: RunTrigger::Schedule, planned }));
        }
        let skipped = missed + u64::from(is_busy);
        if skipped > 0 {
            self.skip(planned, skipped, if is_busy { SkipReason::Overlap } else { SkipReason::Missed });
        }
        let next_run = self.definition.next_run(now);
        self.state.set_next_run(self.name(), self.definition.generation, next_run);
    }

    fn skip(&mut self, planned: Moment, count: u64, reason: SkipReason) {
        let name = self.name().clone();
        let state = RunState::Skipped { reason, count };
        let record = RunRecord { sequence: 0, plugin: name.clone(), trigger: RunTrigger::Schedule, planned, state };
        self.state.record(record, &[]);
        self.skipped = self.skipped.saturating_add(count);
        let all = self.skipped;
        let why = match reason {
            SkipReason::Overlap => "the previous run is still running",
            SkipReason::Missed => "their time went by while the machine slept",
        };
        tracing::warn!("Plugin {name}: {count} scheduled runs skipped, {why} ({all} skipped since the start)");
    }

    /// A client requests a run; it joins a forced run that has not ended.
    fn force(&mut self, process: ProcessId, requester: &Requester) {
        let request = RunRequest::by_client(requester, self.context.clock.now());
        let must_wait = self.is_serial() && !self.runs.is_empty();
        match &mut self.forced {
            Forced::Waiting(_, processes) | Forced::Running(_, processes) => processes.push(process),
            Forced::Idle if must_wait => self.forced = Forced::Waiting(request, vec![process]),
            Forced::Idle => self.forced = Forced::Running(self.start(request), vec![process]),
        }
    }

    fn start(&mut self, request: RunRequest) -> RunHandle {
        let plugin = (Arc::clone(&self.definition.plugin), self.definition.generation);
        RunHandle::start(&mut self.runs, plugin, request, self.context.clone())
    }

    /// Records the result of a run that has ended.
    fn collect(&mut self, end: Result<(Id, RunOutcome), JoinError>) {
        let (id, end) = match end {
            Ok((id, outcome)) => (id, Ok(outcome)),
            Err(error) => (error.id(), Err(error)),
        };
        if let Some((run, processes)) = self.take_run(id)
            && let Some(record) = run.outcome(&self.definition.plugin, end, &self.context.clock)
        {
            self.state.record(record, &processes);
        }
        if self.runs.is_empty()
            && let Forced::Waiting(request, processes) = &mut self.forced
        {
            let (request, processes) = (request.clone(), mem::take(processes));
            self.forced = Forced::Running(self.start(request), processes);
        }
    }

    /// Removes a run that has ended, with the processes that get its result.
    fn take_run(&mut self, id: Id) -> Option<(RunHandle, Vec<ProcessId>)> {
        if let Some(scheduled) = self.scheduled.take_if(|run| run.id() == id) {
            return Some((scheduled, Vec::new()));
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
    /// A plugin whose schedule starts at `now`, or goes on from its last scheduled run.
    pub(crate) fn of(plugin: PreparedPlugin, now: Moment, last: Option<DateTime<Utc>>) -> Self {
        let schedule = Schedule::of(plugin.spec(), now, last);
        Self { plugin: Arc::new(plugin), generation: 0, schedule }
    }

    /// When its next scheduled run is due, by the wall clock as it is set at `now`.
    pub(crate) fn next_run(&mut self, now: Moment) -> Option<Timestamp> {
        self.schedule.as_mut()?.shown(now)
    }
}

async fn due(clock: &Clock, next: Option<Instant>) {
    match next {
        Some(next) => clock.sleep_until(next).await,
        None => pending().await,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;
    use std::time::Duration;

    use smoker_runner::modules::host::settings::PythonSettings;
    use smoker_runner::process::containment::level::ContainmentLevel;
    use smoker_runner::process::containment::orphans::Reaper;
    use smoker_runner::runner::Runner;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::results::events::{Event, Received, Subscription};
    use crate::scheduler::clock::manual::ManualClock;
    use crate::scheduler::slots::Slots;

    const HOUR: Duration = Duration::from_secs(3600);

    /// A task whose plugin runs this command every hour.
    fn spawn(command: &str) -> (ManualClock, Subscription, mpsc::UnboundedSender<Command>, CancellationToken) {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let plugin = format!("{{Command: '{command}', Interval: 1h, Splay: 0}}");
        let text = format!("templates: {{BasePlugin: {{}}}}\nplugins: {{a: {plugin}}}\n");
        std::fs::write(file.path(), text).expect("writable");
        let spec = smoker_config::config::load(file.path(), |_| None).expect("it is valid").plugins.remove(0);
        let (hand, clock) = ManualClock::new();
        let definition = Definition::of(PreparedPlugin::new(Arc::new(spec)), clock.now(), None);
        let python = PythonSettings::new(None, &[], Path::new("/"), Path::new("/"));
        let runner = Runner::new(Reaper::start(ContainmentLevel::prepare(None)).expect("a reaper"), python);
        let shutdown = CancellationToken::new();
        let state = SharedState::new();
        let slots = Slots::new(None);
        let context = TaskContext { runner, slots, clock, state: state.clone(), shutdown: shutdown.clone() };
        let events = state.subscribe();
        let (commands, inbox) = mpsc::unbounded_channel();
        tokio::spawn(PluginTask::new(definition, inbox, state, context).run());
        (hand, events, commands, shutdown)
    }

    async fn record(events: &mut Subscription) -> Arc<RunRecord> {
        loop {
            match events.next().await {
                Received::Event(Event::Record { record, .. }) => return record,
                Received::Event(Event::Started(_) | Event::Reloaded(_)) => {}
                Received::Lagged(lost) => panic!("lost {lost} events"),
            }
        }
    }

    #[tokio::test]
    async fn a_scheduled_run_is_recorded_with_its_planned_time() {
        let (clock, mut events, _commands, _shutdown) = spawn("echo well");
        let start = clock.now();
        clock.advance(HOUR + Duration::from_secs(2));
        let record = record(&mut events).await;
        assert_eq!((record.sequence, &record.trigger), (1, &RunTrigger::Schedule));
        assert_eq!(record.planned.since(start.monotonic), HOUR);
        let RunState::Finished(run) = &record.state else { panic!("{record:?}") };
        assert_eq!(
            (run.started.since(start.monotonic), run.duration()),
            (HOUR + Duration::from_secs(2), Duration::ZERO)
        );
        assert!(run.text.listed.contains("\"well\""), "{}", run.text.listed);
    }

    #[tokio::test]
    async fn scheduled_runs_that_meet_another_or_whose_time_went_by_are_skipped_and_recorded() {
        let (clock, mut events, _commands, shutdown) = spawn("sleep 600");
        clock.advance(3 * HOUR);
        let missed = record(&mut events).await;
        assert_eq!(missed.state, RunState::Skipped { reason: SkipReason::Missed, count: 2 });
        clock.advance(HOUR);
        let overlap = record(&mut events).await;
        assert_eq!(overlap.state, RunState::Skipped { reason: SkipReason::Overlap, count: 1 });
        shutdown.cancel();
        assert!(matches!(record(&mut events).await.state, RunState::Finished(_)));
    }

    #[tokio::test]
    async fn a_request_is_recorded_with_its_arrival() {
        let (clock, mut events, commands, _shutdown) = spawn("echo forced");
        clock.advance(Duration::from_secs(5));
        let requested = clock.now();
        let requester = Requester {
            address: std::net::IpAddr::from([127, 0, 0, 1]).into(),
            name: "127.0.0.1:4242".into(),
            identity: Some("ann".into()),
            limits: None,
            is_local_administrator: false,
        };
        commands.send(Command::Run(1, requester.into())).expect("a task that lives");
        let record = record(&mut events).await;
        assert_eq!(
            (&record.trigger, record.planned),
            (
                &RunTrigger::Request { requester: Some("127.0.0.1:4242".into()), identity: Some("ann".into()) },
                requested
            )
        );
        let RunState::Finished(run) = &record.state else { panic!("skipped") };
        assert!(run.text.listed.contains(r#""triggeredBy": "ann""#), "{}", run.text.listed);
    }
}
