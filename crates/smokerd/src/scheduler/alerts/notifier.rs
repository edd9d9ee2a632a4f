//! Makes the calls that are due.

use std::collections::{HashMap, HashSet};
use std::mem;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use smoker_model::occasion::OccasionEvent;
use smoker_model::plugin::{ActionOn, ActionRules, ActionSpec, PluginName, PluginSpec};
use smoker_runner::context::RunKind;
use smoker_runner::prepared::PreparedPlugin;
use tokio::task::{Id, JoinError, JoinSet};

use crate::os::clock_changes;
use crate::results::conditions::ToldState;
use crate::results::events::{Event, Received};
use crate::results::plugin::hard_state::HardState;
use crate::scheduler::alerts::call::{self, Call, CallEnd, CallMember, CallTarget, Outcome};
use crate::scheduler::alerts::decision::{Decision, decide};
use crate::scheduler::alerts::holds::{Hold, hold};
use crate::scheduler::alerts::looks::Looks;
use crate::scheduler::alerts::pending::{Pending, PendingCall};
use crate::scheduler::alerts::queued::{has_queued, queued, queued_keys};
use crate::scheduler::alerts::told::{AlertKey, Told};
use crate::scheduler::command::Command;
use crate::scheduler::manager::PluginManager;
use crate::scheduler::run::TaskContext;
use crate::scheduler::schedule::turn::Due;

/// How many calls are made at a time. They take no slot of a run.
const CALLS: usize = 8;

/// How many of them may be those of one action: a receiver that does not answer must not keep others from being told.
const CALLS_OF_ACTION: usize = 3;

/// What is told, to whom, when.
#[derive(Debug)]
struct Notifier {
    manager: PluginManager,
    pending: Pending,
    calls: JoinSet<Outcome>,
    /// What the calls that are being made tell.
    made: HashMap<Id, Made>,
    busy: HashSet<AlertKey>,
    looks: Looks,
}

/// A call that is being made.
#[derive(Debug)]
struct Made {
    about: String,
    name: String,
    action: ActionSpec,
    tells: Vec<(AlertKey, Told)>,
    target: Option<CallTarget>,
}

impl PluginManager {
    /// Calls actions until the daemon stops. Has to be called within the runtime, after the plugins are known.
    pub(crate) fn watch_alerts(&self) {
        let notifier = Notifier {
            manager: self.clone(),
            pending: Pending::default(),
            calls: JoinSet::new(),
            made: HashMap::new(),
            busy: HashSet::new(),
            looks: Looks::default(),
        };
        self.spawn(notifier.run());
    }
}

impl Notifier {
    async fn run(mut self) {
        let TaskContext { clock, shutdown, .. } = self.manager.0.context.clone();
        let manager = self.manager.clone();
        let (mut events, mut clock_changes) = (manager.subscribe(), clock.changes());
        self.review_all();
        loop {
            let now = self.now();
            self.make_calls(now);
            self.save().await;
            // What is due and was not called waits for the end of a call.
            let next = if self.calls.len() < CALLS { self.pending.next_time_after(now) } else { None };
            tokio::select! {
                () = shutdown.cancelled() => break,
                received = events.next() => match received {
                    Received::Event(Event::Record { record, .. }) => {
                        self.looks.note(&record);
                        self.review_with_dependents(&record.plugin);
                    }
                    Received::Event(Event::Started(_) | Event::Silence(_)) => {}
                    Received::Event(Event::Reloaded(_)) => {
                        self.forget_removed();
                        self.review_and_ask_again();
                    }
                    Received::Lagged(_) => self.review_and_ask_again(),
                },
                () = manager.0.silences_shown.notified() => self.review_all(),
                () = clock_changes::next(&mut clock_changes) => self.review_and_ask_again(),
                () = clock.sleep_until(next.map_or(Due::Never, Due::Wall)) => {}
                Some(ended) = self.calls.join_next_with_id() => self.end(ended),
            }
            while let Some(ended) = self.calls.try_join_next_with_id() {
                self.end(ended);
            }
        }
        while let Some(ended) = self.calls.join_next_with_id().await {
            self.end(ended);
        }
        self.save().await;
    }

    fn now(&self) -> DateTime<Utc> {
        self.manager.0.context.clock.now().wall
    }

    /// Looks at all of them, and asks again for the runs that they wait for.
    fn review_and_ask_again(&mut self) {
        self.looks.clear();
        self.review_all();
    }

    fn review_all(&mut self) {
        let plugins: Vec<_> = self.manager.set().prepared().filter(|plugin| has_queued(plugin)).cloned().collect();
        let keys: HashSet<_> = plugins.iter().flat_map(|plugin| queued_keys(plugin)).collect();
        self.pending.retain(|key| keys.contains(key));
        for plugin in &plugins {
            self.review(plugin);
        }
    }

    /// A plugin has a result: those that depend on it may be told of now, or not any more.
    fn review_with_dependents(&mut self, name: &PluginName) {
        let plugins: Vec<_> = {
            let set = self.manager.set();
            let names = set.relations.descendants(name);
            let names = names.iter().chain([name]);
            names.filter_map(|name| set.prepared_of(name)).filter(|plugin| has_queued(plugin)).collect()
        };
        for plugin in &plugins {
            self.review(plugin);
        }
    }

    /// Looks which actions of a plugin are due.
    fn review(&mut self, plugin: &Arc<PreparedPlugin>) {
        let spec = plugin.spec();
        let Some(state) = self.manager.state().told_state(&spec.name) else { return };
        let now = self.now();
        for action in queued(plugin) {
            let key = AlertKey::of(&spec.name, action);
            if self.busy.contains(&key) {
                continue;
            }
            let Some(followed) = state.followed_by(&action.rules) else {
                self.pending.set(&key, None);
                continue;
            };
            let decision = decide(&action.rules, followed, &self.manager.alert_board().known(&key), now);
            let call = match decision {
                Decision::Call(OccasionEvent::Recovery) if is_told_by_another(spec, action) => {
                    self.manager.alert_board().set_told(key.clone(), Told::of(followed, now));
                    None
                }
                Decision::Call(event) => match self.hold(spec, (&state, followed, &action.rules), now) {
                    Some(Hold { until, .. }) => until.map(waiting),
                    None => Some(self.due_behind_failures(&key, action, event, now)),
                },
                Decision::Wait(at) => Some(waiting(at)),
                Decision::Note => {
                    self.manager.alert_board().set_told(key.clone(), Told::of(followed, now));
                    None
                }
                Decision::Nothing => {
                    self.manager.alert_board().forget_failure(&key);
                    None
                }
            };
            self.pending.set(&key, call);
        }
    }

    /// Why a call is held. Has plugins run that it waits for.
    fn hold(
        &mut self,
        spec: &PluginSpec,
        call: (&ToldState, &HardState, &ActionRules),
        now: DateTime<Utc>,
    ) -> Option<Hold> {
        let looks = &self.looks;
        let mut hold = hold(spec, call, &self.manager.0.context, |name| looks.is_given_up(name, now))?;
        for name in &hold.looks {
            let set = self.manager.set();
            if set.prepared_of(name).is_some_and(|plugin| self.looks.ask(plugin.spec(), now)) {
                set.send(std::slice::from_ref(name), || Command::Look(spec.name.clone()));
            }
        }
        hold.until = hold.until.or_else(|| self.looks.first_end(&hold.looks));
        Some(hold)
    }

    /// A call that is due, or waits because the last one failed.
    fn due_behind_failures(
        &self,
        key: &AlertKey,
        action: &ActionSpec,
        event: OccasionEvent,
        now: DateTime<Utc>,
    ) -> PendingCall {
        let failed = self.manager.alert_board().failure(key).and_then(|failure| failure.waits_until(action, now));
        failed.map_or_else(|| self.due(key, action, event, now), waiting)
    }

    /// A call that is due. One that is collected with others keeps the time from when on it is.
    fn due(&self, key: &AlertKey, action: &ActionSpec, event: OccasionEvent, now: DateTime<Utc>) -> PendingCall {
        let before = self.pending.get(key).filter(|call| call.event.is_some()).map(|call| call.at);
        let collected = action.rules.group.and_then(|group| TimeDelta::from_std(group).ok()).unwrap_or_default();
        let latest = now + collected;
        PendingCall { at: before.filter(|at| *at <= latest).unwrap_or(latest), event: Some(event) }
    }

    /// Makes calls whose time has come, as many at a time as there may be.
    fn make_calls(&mut self, now: DateTime<Utc>) {
        while self.calls.len() < CALLS {
            let Some(key) = self.next_call(now) else { return };
            let event = self.pending.get(&key).and_then(|call| call.event);
            let plugin = self.manager.set().prepared_of(&key.plugin);
            self.pending.set(&key, None);
            let Some(plugin) = plugin else { continue };
            let action = plugin.spec().actions.iter().find(|action| AlertKey::of(&key.plugin, action) == key);
            let (Some(action), Some(event)) = (action.cloned(), event) else {
                self.review(&plugin);
                continue;
            };
            let target = action.rules.group.map(|_| CallTarget::of(&plugin, &action));
            let mut keys = vec![(key, event)];
            if let Some(target) = &target {
                keys.extend(self.others_of(target));
            }
            self.make_call(action, keys, target, now);
        }
    }

    /// The action whose time has come first, of those that may be called.
    fn next_call(&self, now: DateTime<Utc>) -> Option<AlertKey> {
        let mut counts = HashMap::<&str, usize>::new();
        for made in self.made.values() {
            *counts.entry(&made.name).or_default() += 1;
        }
        let may_be_called = |key: &&AlertKey| match counts.get(key.action.as_str()) {
            None => true,
            Some(count) => *count < CALLS_OF_ACTION && !self.is_being_called(key),
        };
        self.pending.due_at(now).find(may_be_called).cloned()
    }

    /// Whether calls that are collected for a target wait for one that is being made.
    fn is_being_called(&self, key: &AlertKey) -> bool {
        let target = || {
            let plugin = self.manager.set().prepared_of(&key.plugin)?;
            let action = plugin.spec().actions.iter().find(|action| AlertKey::of(&key.plugin, action) == *key)?;
            action.rules.group.map(|_| CallTarget::of(&plugin, action))
        };
        let mut targets = self.made.values().filter_map(|made| made.target.as_ref()).peekable();
        targets.peek().is_some() && target().is_some_and(|target| targets.any(|its| *its == target))
    }

    /// What else is due for a target.
    fn others_of(&mut self, target: &CallTarget) -> Vec<(AlertKey, OccasionEvent)> {
        let set = self.manager.set();
        let is_for_it = |key: &AlertKey| {
            let plugin = set.prepared_of(&key.plugin)?;
            let action = plugin.spec().actions.iter().find(|action| AlertKey::of(&key.plugin, action) == *key)?;
            (CallTarget::of(&plugin, action) == *target).then_some(())
        };
        let others = self.pending.due().filter(|(key, _)| is_for_it(key).is_some());
        let others: Vec<_> = others.map(|(key, event)| (key.clone(), event)).collect();
        drop(set);
        for (key, _) in &others {
            self.pending.set(key, None);
        }
        others
    }

    fn make_call(
        &mut self,
        action: ActionSpec,
        keys: Vec<(AlertKey, OccasionEvent)>,
        target: Option<CallTarget>,
        now: DateTime<Utc>,
    ) {
        let state = self.manager.state();
        let members = keys.into_iter().filter_map(|(key, event)| {
            let plugin = self.manager.set().prepared_of(&key.plugin)?;
            let now = state.told_state(&key.plugin)?;
            let hard = now.followed_by(&action.rules)?.clone();
            let postponed = now.postponed.filter(|_| !action.rules.is_deferred());
            let known = self.manager.alert_board().known(&key);
            Some(CallMember { key, plugin, event, hard, known, postponed })
        });
        let members = members.collect();
        let Some(mut call) = Call::new(action, members, state, now) else { return };
        for (key, told) in &call.tells {
            self.manager.alert_board().set_tried(key, told.clone());
        }
        self.busy.extend(call.tells.iter().map(|(key, _)| key.clone()));
        let name = call.tells.first().map(|(key, _)| key.action.clone()).unwrap_or_default();
        let (about, tells) = (call.about(), mem::take(&mut call.tells));
        let made = Made { about, name, action: call.action.clone(), tells, target };
        let TaskContext { runner, shutdown, .. } = self.manager.0.context.clone();
        let task = self.calls.spawn(async move {
            let Call { action, plugin, mut result, occasion, .. } = call;
            let ran = {
                let run = runner.begin(&plugin, RunKind::Scheduled, &shutdown);
                run.act(&action, &mut result, &occasion).await
            };
            call::outcome(&ran.result, shutdown.is_cancelled())
        });
        self.made.insert(task.id(), made);
    }

    /// A call has ended.
    fn end(&mut self, ended: Result<(Id, Outcome), JoinError>) {
        let (id, outcome) = match ended {
            Ok((id, outcome)) => (id, outcome),
            Err(error) => (error.id(), Err(CallEnd::Failed(format!("its task panicked: {error}"), None))),
        };
        let Some(Made { about, action, tells, .. }) = self.made.remove(&id) else { return };
        let names: Vec<_> = tells.iter().map(|(key, _)| key.plugin.clone()).collect();
        for (key, _) in &tells {
            self.busy.remove(key);
        }
        self.note((&about, &action), tells, outcome);
        for name in names {
            let plugin = self.manager.set().prepared_of(&name);
            if let Some(plugin) = plugin {
                self.review(&plugin);
            }
        }
    }

    fn note(&self, (about, action): (&str, &ActionSpec), tells: Vec<(AlertKey, Told)>, outcome: Outcome) {
        let now = self.now();
        let mut board = self.manager.alert_board();
        match outcome {
            Ok(answer) => {
                let answer = if answer.is_empty() { String::new() } else { format!(": {answer}") };
                tracing::info!("{about}{answer}");
                for (key, told) in tells {
                    board.set_told(key, told);
                }
            }
            Err(CallEnd::Stopped) => {}
            Err(CallEnd::Failed(reason, asked)) => {
                let mut next = None;
                for (key, told) in tells {
                    match board.fail((&key, action), (&reason, asked), now) {
                        Some(wait) => next = Some(wait),
                        None => board.set_told(key, told),
                    }
                }
                if let Some(wait) = next {
                    tracing::warn!("{about} failed: {reason}; it is tried again in {} s", wait.as_secs());
                } else {
                    tracing::error!("{about} failed for a day: {reason}; it is not tried again");
                }
            }
        }
    }

    fn forget_removed(&mut self) {
        let names: HashSet<_> = self.manager.set().prepared().map(|plugin| plugin.spec().name.clone()).collect();
        self.manager.alert_board().retain(|name| names.contains(name));
    }

    /// Writes what was told since the last time.
    async fn save(&self) {
        let Some(file) = self.manager.alert_board().take_unsaved() else { return };
        let manager = self.manager.clone();
        let lines = move || manager.alert_board().lines();
        let written = tokio::task::spawn_blocking(move || file.write(lines)).await;
        if let Ok(written) = written {
            self.manager.alert_board().saved(written);
        }
    }
}

/// Whether the recovery of an escalation is told by the same action in an earlier role: among the ordinary actions, or as an earlier step.
fn is_told_by_another(spec: &PluginSpec, action: &ActionSpec) -> bool {
    let follows_recoveries =
        |rules: &ActionRules| matches!(rules.on, ActionOn::Always | ActionOn::Change | ActionOn::Recovery);
    let earlier = spec.actions.iter().take_while(|other| *other != action);
    action.rules.escalates_after.is_some()
        && action.name.is_some()
        && earlier.into_iter().any(|other| other.name == action.name && follows_recoveries(&other.rules))
}

fn waiting(at: DateTime<Utc>) -> PendingCall {
    PendingCall { at, event: None }
}
