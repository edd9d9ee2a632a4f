//! One plugin's task: it owns the plugin's timer and its runs, so that no
//! plugin ever waits for another.

use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, Utc};
use smoker_model::plugin::{OnParentBad, Parameters, PluginName};
use smoker_model::run_record::{RunRecord, RunState, RunTrigger, SkipReason};
use smoker_model::time::moment::Moment;
use smoker_model::time::timestamp::Timestamp;
use smoker_runner::prepared::PreparedPlugin;
use tokio::sync::mpsc;
use tokio::task::{Id, JoinError, JoinSet};

use crate::os::clock_changes;
use crate::results::plugin::standing::attempt_of;
use crate::results::processes::process::ProcessId;
use crate::results::requester::Requester;
use crate::results::store::SharedState;
use crate::results::table::ConfigGeneration;
use crate::scheduler::forced_runs::{ForcedRun, ForcedRuns, Requested};
use crate::scheduler::run::{RunHandle, RunOutcome, RunRequest, TaskContext};
use crate::scheduler::schedule::plan::Schedule;
use crate::scheduler::schedule::turn::{Due, Turn};

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
    /// Run the plugin for this process, which this client requests, with these values for its parameters.
    Run(ProcessId, Arc<Requester>, Option<Arc<Parameters>>),
    /// Change to another definition. Boxed, since a channel has room for dozens
    /// of commands, and there are thousands of channels.
    Reconfigure(Box<Definition>),
    /// Start no more scheduled runs; end when the last run has. The task drops the
    /// sender then: until it has, the plugin may come back to this task.
    Drain(mpsc::UnboundedSender<Command>),
    /// A plugin that this one depends on has a result.
    ParentChanged,
    /// This plugin, after which this one runs, has ended OK.
    Follow(PluginName),
    /// A job has reported to the plugin, by this client: make a result of it.
    Reported(Arc<Requester>),
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
    forced: ForcedRuns,
    /// Forced runs of earlier definitions. New requests do not join them.
    outdated: Vec<ForcedRun>,
    /// When the plugin runs again because its last result was soft.
    retry_at: Option<Instant>,
    /// How many results that no client requested were bad in a row.
    bad_in_a_row: u32,
    /// The planned moment of the run that is skipped as long as a plugin that this one depends on is bad.
    owed: Option<(RunTrigger, Moment)>,
    /// A report came while a run went on that may not have seen it.
    reported: Option<RunTrigger>,
    /// How many scheduled runs were skipped.
    skipped: u64,
    /// Set while the task is draining, see [`Command::Drain`].
    draining: Option<mpsc::UnboundedSender<Command>>,
}

impl PluginTask {
    /// A task without runs.
    pub(crate) fn new(
        definition: Definition,
        commands: mpsc::UnboundedReceiver<Command>,
        state: SharedState,
        context: TaskContext,
    ) -> Self {
        let bad_in_a_row = state.bad_in_a_row(&definition.plugin.spec().name);
        Self {
            definition,
            commands,
            state,
            context,
            runs: JoinSet::new(),
            scheduled: None,
            forced: ForcedRuns::default(),
            outdated: Vec::new(),
            retry_at: None,
            bad_in_a_row,
            owed: None,
            reported: None,
            skipped: 0,
            draining: None,
        }
    }

    /// Runs until the plugin is removed or the daemon stops, and all of its runs have ended.
    pub(crate) async fn run(mut self) {
        let TaskContext { shutdown, clock, .. } = self.context.clone();
        let mut changes = clock.changes();
        self.note_missed();
        if self.state.is_soft(self.name()) {
            // What the daemon before this one would have tried again.
            self.plan_retry();
            self.show_next_run();
        }
        loop {
            let due = self.definition.schedule.as_ref().map_or(Due::Never, Schedule::due);
            tokio::select! {
                () = shutdown.cancelled() => break,
                () = clock.sleep_until(due) => self.tick(),
                () = clock.sleep_until(self.retry_at.map_or(Due::Never, Due::Instant)) => self.retry(),
                () = clock_changes::next(&mut changes) => self.clock_was_set(),
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
            Command::Run(process, requester, values) => self.force(process, &requester, values),
            Command::Reconfigure(definition) => self.reconfigure(*definition),
            Command::Drain(commands) => {
                self.definition.schedule = None;
                (self.retry_at, self.owed, self.reported) = (None, None, None);
                self.withdraw_scheduled();
                self.draining = Some(commands);
            }
            Command::ParentChanged => self.look_at_parents(),
            Command::Follow(plugin) => self.run_after(&plugin),
            Command::Reported(requester) => {
                let Requester { name, identity, .. } = (*requester).clone();
                self.start_for_report(RunTrigger::Report { requester: Some(name), identity });
            }
            Command::Ping(reply) => drop(reply),
        }
    }

    /// Runs that have begun finish under the old definition, and requests from
    /// now on do not join them. A run that still waits for its slot takes the
    /// new one, unless it is a scheduled one and the plugin has no schedule any more.
    fn reconfigure(&mut self, mut definition: Definition) {
        match &mut definition.schedule {
            None => self.withdraw_scheduled(),
            Some(new) => {
                new.take_over(self.definition.schedule.as_ref(), self.context.clock.now());
                if let Some(scheduled) = &self.scheduled {
                    scheduled.redefine(&definition.plugin, definition.generation);
                }
            }
        }
        self.outdated.extend(self.forced.redefine(&definition.plugin, definition.generation));
        self.definition = definition;
        self.draining = None;
        let rules = &self.definition.plugin.spec().rules;
        if rules.retries.is_none() || rules.retry_interval.is_none() {
            self.retry_at = None;
        }
        self.look_at_parents();
        self.note_missed();
        self.show_next_run();
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
        let Turn { planned, is_due, missed } = schedule.advance(now);
        let is_busy = is_due && !self.start_scheduled(RunTrigger::Schedule, planned);
        // One record for both.
        let skipped = missed + u64::from(is_busy);
        if skipped > 0 {
            self.skip(planned, skipped, if is_busy { SkipReason::Overlap } else { SkipReason::Missed });
        }
        self.show_next_run();
    }

    /// Starts a run that no client requests, unless a plugin that this one depends on is bad. Returns false when another run
    /// has not ended.
    fn start_scheduled(&mut self, trigger: RunTrigger, planned: Moment) -> bool {
        if self.scheduled.is_some() || (self.is_serial() && !self.runs.is_empty()) {
            return false;
        }
        if let Some((parent, reason)) = self.bad_parent() {
            self.skip_for(parent, reason, trigger, planned);
            return true;
        }
        (self.retry_at, self.owed) = (None, None);
        if self.state.clear_skipped(self.name()) {
            tracing::info!("Plugin {}: it runs again", self.name());
        }
        let bad_before = self.bad_in_a_row;
        self.scheduled = Some(self.start(RunRequest { trigger, planned, bad_before, values: None }));
        true
    }

    /// A plugin after which this one runs has ended OK.
    fn run_after(&mut self, plugin: &PluginName) {
        let planned = self.context.clock.now();
        if self.is_outside_of_hours() {
            tracing::info!("Plugin {}: it does not run after {plugin}, because it is outside of Only", self.name());
        } else if !self.start_scheduled(RunTrigger::After(plugin.as_str().into()), planned) {
            self.skip(planned, 1, SkipReason::Overlap);
        }
    }

    /// Makes a result of a report, at once or when the run has ended that goes on.
    fn start_for_report(&mut self, trigger: RunTrigger) {
        let planned = self.context.clock.now();
        self.reported = if self.start_scheduled(trigger.clone(), planned) { None } else { Some(trigger) };
    }

    /// The last result was soft, and its time is over.
    fn retry(&mut self) {
        self.retry_at = None;
        let planned = self.context.clock.now();
        if !self.is_outside_of_hours() && !self.start_scheduled(RunTrigger::Retry, planned) && self.scheduled.is_none()
        {
            // A run that a client requested is no attempt; a scheduled one is.
            self.plan_retry();
        }
        self.show_next_run();
    }

    fn plan_retry(&mut self) {
        let rules = &self.definition.plugin.spec().rules;
        let interval = rules.retry_interval.filter(|_| rules.retries.is_some() && self.draining.is_none());
        self.retry_at = interval.and_then(|it| self.context.clock.now().monotonic.checked_add(it));
    }

    /// Whether it is none of the hours in which runs take place that no client requests.
    fn is_outside_of_hours(&self) -> bool {
        let now = self.context.clock.now().wall;
        self.definition.plugin.spec().rules.only.as_ref().is_some_and(|only| !only.has(now))
    }

    fn bad_parent(&self) -> Option<(PluginName, String)> {
        let rules = &self.definition.plugin.spec().rules;
        if rules.depends_on.is_empty() || rules.on_parent_bad == OnParentBad::Run {
            return None;
        }
        self.state.bad_parent(&rules.depends_on, self.context.clock.now().wall)
    }

    fn skip_for(&mut self, parent: PluginName, reason: String, trigger: RunTrigger, planned: Moment) {
        let name = self.name().clone();
        let text = format!("Plugin {name}: its runs are skipped: {reason}");
        if self.state.set_skipped(&name, parent, reason, self.context.clock.now().wall) {
            tracing::info!("{text}");
        }
        self.owed = Some((trigger.clone(), planned));
        let state = RunState::Skipped { reason: SkipReason::Dependency, count: 1 };
        self.state.record(RunRecord { sequence: 0, plugin: name, trigger, planned, state }, &[]);
    }

    /// Makes up for the run that was skipped, when the plugins that this one depends on are well again.
    fn look_at_parents(&mut self) {
        let Some((trigger, planned)) = self.owed.clone() else { return };
        match self.bad_parent() {
            Some((parent, reason)) => {
                self.state.set_skipped(self.name(), parent, reason, self.context.clock.now().wall);
            }
            None if self.is_outside_of_hours() => {
                self.owed = None;
                self.state.clear_skipped(self.name());
                tracing::info!(
                    "Plugin {}: a skipped run does not take place, because it is outside of Only",
                    self.name()
                );
            }
            None => {
                self.start_scheduled(trigger, planned);
            }
        }
    }

    /// The plan may no longer hold.
    fn clock_was_set(&mut self) {
        let now = self.context.clock.now();
        if self.definition.schedule.as_mut().is_some_and(|schedule| schedule.clock_was_set(now)) {
            self.show_next_run();
        }
    }

    /// Runs that were due while the daemon was down, or had another configuration.
    fn note_missed(&mut self) {
        let missed = self.definition.schedule.as_mut().map_or(0, Schedule::take_missed);
        if missed > 0 {
            self.skip(self.context.clock.now(), missed, SkipReason::Missed);
        }
    }

    fn show_next_run(&mut self) {
        let now = self.context.clock.now();
        let retry = self.retry_at.and_then(|at| now.at(at)).map(Timestamp::from);
        let next_run = self.definition.next_run(now).into_iter().chain(retry).min();
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
            SkipReason::Dependency => "a plugin that it depends on is bad",
            SkipReason::Missed => "their time went by while the machine slept or smokerd was down",
        };
        tracing::warn!("Plugin {name}: {count} scheduled runs skipped, {why} ({all} skipped since the start)");
    }

    /// A client requests a run; it joins a forced run that has not ended, if that has the same values.
    fn force(&mut self, process: ProcessId, requester: &Requester, values: Option<Arc<Parameters>>) {
        let request = RunRequest::by_client(requester, self.context.clock.now(), values);
        if let Some(next) = self.forced.join(request, process) {
            self.begin_forced(next);
        }
    }

    /// Starts a forced run, or has it wait for other runs of a serial plugin.
    fn begin_forced(&mut self, (request, processes): Requested) {
        if self.is_serial() && !self.runs.is_empty() {
            return self.forced.set_waiting((request, processes));
        }
        let run = self.start(request);
        self.forced.set_running(run, processes);
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
            if !run.trigger().is_request() {
                self.count_attempt(&record);
            }
            self.state.record(record, &processes);
        }
        if let Some(trigger) = self.reported.take() {
            self.start_for_report(trigger);
        }
        if let Some(next) = self.forced.next(!self.runs.is_empty()) {
            self.begin_forced(next);
        }
    }

    /// Counts a result that no client requested, and plans another attempt after a soft one.
    fn count_attempt(&mut self, record: &RunRecord) {
        let RunState::Finished(run) = &record.state else { return };
        if run.is_interrupted || run.is_maintenance {
            return;
        }
        self.bad_in_a_row = attempt_of(run).bad();
        self.retry_at = None;
        if run.is_soft {
            self.plan_retry();
        }
        if self.retry_at.is_some() {
            self.show_next_run();
        }
    }

    /// Removes a run that has ended, with the processes that get its result.
    fn take_run(&mut self, id: Id) -> Option<ForcedRun> {
        if let Some(scheduled) = self.scheduled.take_if(|run| run.id() == id) {
            return Some((scheduled, Vec::new()));
        }
        self.forced.take(id).or_else(|| {
            let at = self.outdated.iter().position(|(run, _)| run.id() == id)?;
            Some(self.outdated.swap_remove(at))
        })
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

    /// When its next scheduled run is due, by the wall clock as it is set at `now`; none behind the year 9999.
    pub(crate) fn next_run(&mut self, now: Moment) -> Option<Timestamp> {
        self.schedule.as_mut()?.shown(now).filter(Timestamp::has_form)
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
    use smoker_model::status::Status;

    use crate::results::events::{Event, Received, Subscription};
    use crate::results::samples;
    use crate::results::table::NewPlugin;
    use crate::scheduler::clock::Clock;
    use crate::scheduler::clock::manual::ManualClock;
    use crate::scheduler::serial_groups::SerialGroups;
    use crate::scheduler::slots::Slots;

    const HOUR: Duration = Duration::from_secs(3600);

    /// A task whose plugin runs this command every hour.
    fn spawn(command: &str) -> (ManualClock, Subscription, mpsc::UnboundedSender<Command>, CancellationToken) {
        let (hand, clock) = ManualClock::new();
        let parameters = format!("Command: '{command}', Interval: 1h, Splay: 0");
        let (_, events, commands, shutdown) = spawn_at(clock, &parameters);
        (hand, events, commands, shutdown)
    }

    /// A task whose plugin has these parameters, beside a plugin `db`.
    fn spawn_at(
        clock: Clock,
        parameters: &str,
    ) -> (SharedState, Subscription, mpsc::UnboundedSender<Command>, CancellationToken) {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let text = format!("templates: {{BasePlugin: {{}}}}\nplugins: {{a: {{{parameters}}}, db: {{Command: x}}}}\n");
        std::fs::write(file.path(), text).expect("writable");
        let spec = smoker_config::config::load(file.path(), |_| None).expect("it is valid").plugins.remove(0);
        let definition = Definition::of(PreparedPlugin::new(Arc::new(spec)), clock.now(), None);
        let python = PythonSettings::new(None, &[], Path::new("/"), Path::new("/"));
        let runner = Runner::new(Reaper::start(ContainmentLevel::prepare(None)).expect("a reaper"), python);
        let shutdown = CancellationToken::new();
        let state = SharedState::new();
        let entry = |name: &str, retries| NewPlugin {
            name: name.into(),
            config: Arc::default(),
            history: 10,
            history_failures: 10,
            retries,
            flap_threshold: None,
            next_run: None,
        };
        state.replace_plugins(vec![entry("a", definition.plugin.spec().rules.retries), entry("db", None)], 1 << 20);
        let slots = Slots::new(None);
        let groups = SerialGroups::default();
        let daemon_started = clock.now().wall;
        let of_task = (state.clone(), shutdown.clone());
        let context =
            TaskContext { runner, slots, groups, clock, daemon_started, state: of_task.0, shutdown: of_task.1 };
        let events = state.subscribe();
        let (commands, inbox) = mpsc::unbounded_channel();
        tokio::spawn(PluginTask::new(definition, inbox, state.clone(), context).run());
        (state, events, commands, shutdown)
    }

    /// What the page of the plugin `a` shows beside its result.
    fn shown(state: &SharedState) -> Vec<(&'static str, String)> {
        let (plugin, _) = state.plugin(&"a".into()).expect("it is configured");
        plugin.standing.members().map(|(name, text)| (name, text.to_string())).collect()
    }

    async fn record(events: &mut Subscription) -> Arc<RunRecord> {
        loop {
            match events.next().await {
                Received::Event(Event::Record { record, .. }) => return record,
                Received::Event(Event::Started(_) | Event::Reloaded(_) | Event::Silence(_)) => {}
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
        commands.send(Command::Run(1, requester.into(), None)).expect("a task that lives");
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

    #[tokio::test]
    async fn a_soft_result_is_tried_again_until_it_is_hard() {
        let (hand, clock) = ManualClock::new();
        let parameters = "Command: exit 1, Interval: 1h, Splay: 0, Retries: 3, RetryInterval: 10s";
        let (state, mut events, _commands, _shutdown) = spawn_at(clock, parameters);
        let seconds = Duration::from_secs;
        let mut attempts = Vec::new();
        for wait in [HOUR, seconds(10), seconds(10), seconds(3580)] {
            hand.advance(wait);
            let record = record(&mut events).await;
            let RunState::Finished(run) = &record.state else { panic!("{record:?}") };
            attempts.push((record.trigger.as_str(), run.attempt, run.is_soft));
            let state_of = if run.is_soft { "\"soft\"" } else { "\"hard\"" };
            assert_eq!(shown(&state), [("state", state_of.to_owned()), ("attempt", run.attempt.to_string())]);
        }
        assert_eq!(attempts, [("timer", 1, true), ("retry", 2, true), ("retry", 3, false), ("timer", 4, false)]);
    }

    #[tokio::test]
    async fn hours_hold_for_all_runs_that_no_client_requests() {
        let (hand, clock) = ManualClock::at("2026-03-09T17:00:00Z".parse().expect("a time"));
        let parameters = "Command: exit 1, Interval: 30m, Splay: 0, Retries: 3, RetryInterval: 20m, DependsOn: db, \
                          Only: 'Mon 08:00-18:00', Timezone: UTC";
        let (state, mut events, commands, _shutdown) = spawn_at(clock, parameters);
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        hand.advance(minutes(31));
        assert_eq!(record(&mut events).await.trigger, RunTrigger::Schedule);
        // The next attempt would be at 17:51, and the one behind it in the evening.
        hand.advance(minutes(21));
        assert_eq!(record(&mut events).await.trigger, RunTrigger::Retry);
        hand.advance(minutes(21));
        commands.send(Command::Follow("db".into())).expect("a task that lives");
        // A run that is skipped in its hours is not made up for in others.
        hand.set("2026-03-16T09:00:00Z".parse().expect("a time"));
        hand.advance(minutes(1));
        let mut bad = samples::finished(&"db".into(), "");
        let RunState::Finished(run) = &mut bad.state else { panic!("{bad:?}") };
        run.result.status = Status::Error;
        state.record(bad, &[]);
        let _ = record(&mut events).await;
        commands.send(Command::Follow("db".into())).expect("a task that lives");
        let skipped = record(&mut events).await;
        assert_eq!(skipped.state, RunState::Skipped { reason: SkipReason::Dependency, count: 1 }, "{skipped:?}");
        hand.set("2026-03-16T20:00:00Z".parse().expect("a time"));
        state.record(samples::finished(&"db".into(), ""), &[]);
        let _ = record(&mut events).await;
        commands.send(Command::ParentChanged).expect("a task that lives");
        while shown(&state).iter().any(|(name, _)| *name == "skipped") {
            tokio::task::yield_now().await;
        }
        let skipped = || state.plugin_now(&"a".into()).expect("it is configured").runs_skipped;
        let before = skipped();
        commands.send(Command::Follow("db".into())).expect("a task that lives");
        let (reply, mut answered) = mpsc::channel(1);
        commands.send(Command::Ping(reply)).expect("a task that lives");
        assert!(answered.recv().await.is_none());
        assert_eq!(skipped(), before);
    }

    #[tokio::test]
    async fn a_forced_run_is_no_attempt() {
        let (hand, clock) = ManualClock::new();
        let parameters = "Command: exit 1, Interval: 1h, Splay: 0, Retries: 2";
        let (state, mut events, commands, _shutdown) = spawn_at(clock, parameters);
        let requester = Requester {
            address: std::net::IpAddr::from([127, 0, 0, 1]).into(),
            name: "127.0.0.1:4242".into(),
            identity: None,
            limits: None,
            is_local_administrator: false,
        };
        hand.advance(HOUR);
        record(&mut events).await;
        commands.send(Command::Run(1, requester.into(), None)).expect("a task that lives");
        let forced = record(&mut events).await;
        let RunState::Finished(run) = &forced.state else { panic!("{forced:?}") };
        assert_eq!((run.attempt, run.is_soft, run.result.status), (1, false, Status::Error));
        assert_eq!(shown(&state), [("state", "\"soft\"".to_owned()), ("attempt", "1".to_owned())]);
        hand.advance(HOUR);
        record(&mut events).await;
        assert_eq!(shown(&state), [("state", "\"hard\"".to_owned()), ("attempt", "2".to_owned())]);
    }

    #[tokio::test]
    async fn runs_are_skipped_while_a_parent_is_bad_and_made_up_for_when_it_is_well() {
        let (hand, clock) = ManualClock::at("2026-11-30T10:02:00Z".parse().expect("a time"));
        let parameters = "Command: echo up, Interval: 1h, Splay: 0, DependsOn: db";
        let (state, mut events, commands, _shutdown) = spawn_at(clock, parameters);
        let of_db = |status: Status| {
            let mut record = samples::finished(&"db".into(), "{}");
            let RunState::Finished(run) = &mut record.state else { panic!("{record:?}") };
            (run.result.status, run.started) = (status, hand.now());
            state.record(record, &[]);
        };
        of_db(Status::Error);
        record(&mut events).await;
        for _ in 0..2 {
            hand.advance(HOUR);
            let skipped = record(&mut events).await;
            assert_eq!(skipped.state, RunState::Skipped { reason: SkipReason::Dependency, count: 1 });
        }
        let members = shown(&state);
        let [("skipped", text)] = members.as_slice() else { panic!("{members:?}") };
        assert!(text.contains("\"parent\": \"db\"") && text.contains("\"since\": \"2026-11-30T11:02:00Z\""), "{text}");
        assert!(text.contains("\"reason\": \"db is ERROR since "), "{text}");

        // It is still bad.
        commands.send(Command::ParentChanged).expect("a task that lives");
        of_db(Status::Ok);
        record(&mut events).await;
        commands.send(Command::ParentChanged).expect("a task that lives");
        let run = record(&mut events).await;
        assert!(matches!(run.state, RunState::Finished(_)) && run.trigger == RunTrigger::Schedule, "{run:?}");
        assert_eq!(shown(&state), []);
    }

    #[tokio::test]
    async fn a_plugin_runs_after_another_one() {
        let (_hand, clock) = ManualClock::new();
        let (_state, mut events, commands, _shutdown) = spawn_at(clock, "Command: echo up, After: db");
        commands.send(Command::Follow("db".into())).expect("a task that lives");
        let run = record(&mut events).await;
        assert_eq!((run.trigger.as_str(), run.trigger.by().map(|by| &**by)), ("after", Some("db")));
    }

    #[tokio::test]
    async fn a_calendar_goes_by_the_wall_clock_whatever_the_other_one_says() {
        let at = |text: &str| text.parse().expect("a time");
        let (hand, clock) = ManualClock::at(at("2026-03-28T20:00:00Z"));
        let parameters = "Command: echo up, Cron: 30 2 * * *, Timezone: Europe/Prague";
        let (state, mut events, _commands, _shutdown) = spawn_at(clock, parameters);
        let planned =
            |record: &RunRecord| (record.planned.wall.to_rfc3339(), matches!(record.state, RunState::Finished(_)));
        // The clocks are put forward that night.
        hand.set(at("2026-03-29T01:00:00.2Z"));
        assert_eq!(planned(&*record(&mut events).await), ("2026-03-29T01:00:00+00:00".to_owned(), true));
        // The machine sleeps for two days.
        hand.set(at("2026-03-31T09:00:00Z"));
        let missed = record(&mut events).await;
        assert_eq!(missed.state, RunState::Skipped { reason: SkipReason::Missed, count: 2 });
        // An hour back, and forward again: not once more.
        hand.set(at("2026-03-31T00:20:00Z"));
        hand.set(at("2026-04-01T00:30:01Z"));
        assert_eq!(planned(&*record(&mut events).await), ("2026-04-01T00:30:00+00:00".to_owned(), true));
        // It was wrong by a year.
        hand.set(at("2025-03-01T00:00:00Z"));
        let next_run = || state.plugin(&"a".into()).expect("it is configured").0.next_run;
        while !next_run().contains("2025-03-01") {
            tokio::task::yield_now().await;
        }
        hand.set(at("2025-03-01T01:30:00Z"));
        assert_eq!(planned(&*record(&mut events).await), ("2025-03-01T01:30:00+00:00".to_owned(), true));
    }
}
