//! One plugin's task: it owns the plugin's timer and its runs, so that no
//! plugin ever waits for another.

use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, Utc};
use smoker_model::plugin::{Parameters, PluginName};
use smoker_model::run_record::{RunRecord, RunState, RunTrigger, SkipReason};
use smoker_model::time::moment::Moment;
use smoker_model::time::timestamp::Timestamp;
use tokio::sync::mpsc;
use tokio::task::{Id, JoinError, JoinSet};

use crate::os::clock_changes;
use crate::results::plugin::held_back::HeldBack;
use crate::results::plugin::standing::attempt_of;
use crate::results::processes::process::ProcessId;
use crate::results::requester::Requester;
use crate::results::store::SharedState;
use crate::scheduler::command::{Command, Definition};
use crate::scheduler::forced::runs::{ForcedRun, ForcedRuns, Requested};
use crate::scheduler::run::{RunHandle, RunOutcome, RunRequest, TaskContext};
use crate::scheduler::schedule::plan::Schedule;
use crate::scheduler::schedule::turn::{Due, Turn};

/// The task of one plugin.
pub(crate) struct PluginTask {
    pub(super) definition: Definition,
    commands: mpsc::UnboundedReceiver<Command>,
    pub(super) state: SharedState,
    pub(super) context: TaskContext,
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
    pub(super) owed: Option<(RunTrigger, Moment)>,
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
        self.go_on();
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

    /// Goes on where the daemon before this one ended: a run that ended with it is made again, or tried again when
    /// it was soft, and one that waits for another plugin goes on waiting.
    fn go_on(&mut self) {
        self.note_missed();
        let (owed, now) = (self.state.interrupted(self.name()), self.context.clock.now());
        if let Some((trigger, planned)) = owed.and_then(|owed| self.definition.made_again(owed, now)) {
            self.start_scheduled(trigger, planned);
        } else if self.state.is_soft(self.name()) {
            self.plan_retry();
        }
        let Some(HeldBack { trigger, planned, since }) = self.state.held_back(self.name()) else { return };
        if !self.definition.has_runs(&trigger, false) {
            return self.state.give_up_skipped(self.name());
        }
        if let Some((parent, reason)) = self.bad_parent() {
            self.state.set_skipped(self.name(), parent, reason, since);
        }
        self.owed = Some((trigger, now.past(planned)));
        self.make_up_for_skipped();
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
            Command::ParentChanged => self.make_up_for_skipped(),
            Command::Follow(plugin) => self.run_after(&plugin),
            Command::RunOnDemand(plugin) => self.run_on_demand(&plugin),
            Command::Reported(requester) => {
                let Requester { name, identity, .. } = (*requester).clone();
                self.start_for_report(RunTrigger::Report { requester: Some(name), identity });
            }
            Command::Ping(reply) => drop(reply),
        }
    }

    /// Runs that have begun finish under the old definition, and requests from
    /// now on do not join them. A run that still waits for its slot takes the
    /// new one, unless that has no such runs any more.
    fn reconfigure(&mut self, mut definition: Definition) {
        if let Some(new) = &mut definition.schedule {
            new.take_over(self.definition.schedule.as_ref(), self.context.clock.now());
        }
        let is_wanted = |trigger: &RunTrigger| definition.has_runs(trigger, self.definition.schedule.is_some());
        if let Some(scheduled) = &self.scheduled {
            if is_wanted(scheduled.trigger()) {
                scheduled.redefine(&definition.plugin, definition.generation);
            } else {
                scheduled.withdraw();
            }
        }
        if self.owed.as_ref().is_some_and(|(trigger, _)| !is_wanted(trigger)) {
            self.owed = None;
            self.state.give_up_skipped(self.name());
        }
        self.outdated.extend(self.forced.redefine(&definition.plugin, definition.generation));
        self.definition = definition;
        self.draining = None;
        let rules = &self.definition.plugin.spec().rules;
        if rules.retries.is_none() || rules.retry_interval.is_none() {
            self.retry_at = None;
        }
        self.make_up_for_skipped();
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
            let reason = if is_busy { SkipReason::Overlap } else { SkipReason::Missed };
            self.skip((RunTrigger::Schedule, planned), skipped, reason);
        }
        self.show_next_run();
    }

    /// Whether a run that no client requested goes on, or waits for its slot.
    pub(super) fn has_scheduled_run(&self) -> bool {
        self.scheduled.is_some()
    }

    /// Starts a run that no client requests, or skips it because a plugin that this one depends on is bad. Returns false, and does neither,
    /// when another run has not ended.
    pub(super) fn start_scheduled(&mut self, trigger: RunTrigger, planned: Moment) -> bool {
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
        let (trigger, planned) = (RunTrigger::After(plugin.as_str().into()), self.context.clock.now());
        if self.is_outside_of_hours() {
            tracing::info!("Plugin {}: it does not run after {plugin}, because it is outside of Only", self.name());
            self.give_up(trigger, planned);
        } else if !self.start_scheduled(trigger.clone(), planned) {
            self.skip((trigger, planned), 1, SkipReason::Overlap);
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
        let now = self.context.clock.now();
        let at = interval.and_then(|it| now.at(now.monotonic.checked_add(it)?));
        // Outside of its hours there is no attempt: the next scheduled run is one.
        self.retry_at = at.filter(|at| !self.excludes(at.wall)).map(|at| at.monotonic);
        self.show_next_run();
    }

    /// Whether `Only` excludes runs now; forced runs are never excluded.
    pub(super) fn is_outside_of_hours(&self) -> bool {
        self.excludes(self.context.clock.now().wall)
    }

    fn excludes(&self, at: DateTime<Utc>) -> bool {
        self.definition.plugin.spec().rules.only.as_ref().is_some_and(|only| !only.has(at))
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
        if let Some((last, count)) = self.definition.schedule.as_mut().and_then(Schedule::take_missed) {
            let last = self.context.clock.now().past(last);
            self.skip((RunTrigger::Schedule, last), count, SkipReason::Missed);
        }
    }

    pub(super) fn show_next_run(&mut self) {
        let now = self.context.clock.now();
        let retry = self.retry_at.and_then(|at| now.at(at)).map(Timestamp::from);
        let next_run = self.definition.next_run(now).into_iter().chain(retry).min();
        self.state.set_next_run(self.name(), self.definition.generation, next_run);
    }

    /// `planned`: the last of them.
    fn skip(&mut self, (trigger, planned): (RunTrigger, Moment), count: u64, reason: SkipReason) {
        let name = self.name().clone();
        let state = RunState::Skipped { reason, count };
        self.state.record(RunRecord { sequence: 0, plugin: name.clone(), trigger, planned, state }, &[]);
        self.skipped = self.skipped.saturating_add(count);
        let all = self.skipped;
        let why = reason.explanation();
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
        if let Some((run, processes)) = self.take_run(id) {
            match run.outcome(&self.definition.plugin, end, &self.context.clock) {
                Some(record) => {
                    if !run.trigger().is_request() {
                        self.count_attempt(&record);
                    }
                    self.state.record(record, &processes);
                }
                // It was withdrawn, and may have made up for the one that was skipped.
                None if self.owed.is_none() => self.state.give_up_skipped(self.name()),
                None => {}
            }
        }
        if let Some(trigger) = self.reported.take() {
            self.start_for_report(trigger);
        }
        if let Some(next) = self.forced.next(!self.runs.is_empty()) {
            self.begin_forced(next);
        }
        // The run that has ended may have been in the way of the one that is owed, which the end of the daemon does not lose.
        if !self.context.shutdown.is_cancelled() {
            self.make_up_for_skipped();
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

    pub(super) fn name(&self) -> &PluginName {
        &self.definition.plugin.spec().name
    }

    fn is_serial(&self) -> bool {
        self.definition.plugin.spec().serial
    }
}

#[cfg(test)]
mod tests;
