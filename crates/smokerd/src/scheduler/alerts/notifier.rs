//! Makes the calls that are due.

use std::collections::{HashMap, HashSet};
use std::mem;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use smoker_model::occasion::OccasionEvent;
use smoker_model::plugin::{ActionSpec, PluginName, PluginSpec};
use smoker_runner::context::RunKind;
use smoker_runner::prepared::PreparedPlugin;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};

use crate::os::clock_changes;
use crate::results::conditions::ToldState;
use crate::results::events::{Event, Received};
use crate::scheduler::alerts::call::{self, Call, CallEnd, CallTarget, Outcome};
use crate::scheduler::alerts::decision::{Decision, decide};
use crate::scheduler::alerts::holds::hold::{Held, Hold, hold};
use crate::scheduler::alerts::holds::on_demand::OnDemandRuns;
use crate::scheduler::alerts::pending::{Pending, PendingCall};
use crate::scheduler::alerts::queued::{action_of, has_queued, is_told_by_another, queued, queued_keys};
use crate::scheduler::alerts::told::{AlertKey, Told};
use crate::scheduler::command::Command;
use crate::scheduler::manager::PluginManager;
use crate::scheduler::run::TaskContext;
use crate::scheduler::schedule::turn::Due;

/// How many calls are made at a time. They take no slot of a run.
const CALLS: usize = 32;

/// What is told, to whom, when.
#[derive(Debug)]
pub(super) struct Notifier {
    pub(super) manager: PluginManager,
    pub(super) pending: Pending,
    pub(super) calls: JoinSet<Ended>,
    /// What the calls that are being made tell.
    pub(super) made: HashMap<Id, Made>,
    pub(super) busy: HashSet<AlertKey>,
    on_demand: OnDemandRuns,
    /// The write of what was told, while there is one. A disk that hangs must not keep anybody from being told.
    pub(super) saving: JoinSet<Result<(), String>>,
}

/// A call that is being made, or looked at before.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) about: String,
    pub(super) name: String,
    pub(super) action: ActionSpec,
    /// What it is about.
    pub(super) keys: Vec<AlertKey>,
    /// What it tells; nothing yet while it is looked at.
    pub(super) tells: Vec<(AlertKey, Told)>,
    pub(super) target: Option<CallTarget>,
}

/// What has ended of a call.
#[derive(Debug)]
pub(super) enum Ended {
    /// The look for maintenance locks before it: the plugins that have theirs.
    Looked(HashSet<PluginName>),
    Called(Outcome),
}

impl PluginManager {
    /// Calls actions until the daemon stops. Has to be called within the runtime, after the plugins are known.
    pub(crate) fn watch_alerts(&self) {
        let notifier = Notifier {
            manager: self.clone(),
            pending: Pending::shown_in(self.0.due_calls.clone()),
            calls: JoinSet::new(),
            made: HashMap::new(),
            busy: HashSet::new(),
            on_demand: OnDemandRuns::default(),
            saving: JoinSet::new(),
        };
        self.spawn(notifier.run());
    }
}

impl Notifier {
    async fn run(mut self) {
        let TaskContext { clock, shutdown, .. } = self.manager.0.context.clone();
        let manager = self.manager.clone();
        let (mut events, mut clock_changes) = (manager.subscribe(), clock.changes());
        self.forget_removed();
        self.review_all();
        loop {
            let now = self.now();
            self.make_calls(now);
            self.save();
            // What is due and was not called waits for the end of a call.
            let next = if self.calls.len() < CALLS { self.pending.next_time_after(now) } else { None };
            let next_save = self.next_save();
            tokio::select! {
                () = shutdown.cancelled() => break,
                received = events.next() => match received {
                    Received::Event(Event::Record { record, .. }) => {
                        self.on_demand.note(&record, self.now());
                        self.manager.notification_log().locked.remove(&record.plugin);
                        self.review_with_dependents(&record.plugin);
                    }
                    Received::Event(Event::GivenUp(plugin)) => self.review_with_dependents(&plugin),
                    Received::Event(Event::Started(_) | Event::Silence(_)) => {}
                    Received::Event(Event::Reloaded(_)) => {
                        self.forget_removed();
                        self.review_and_ask_again();
                    }
                    Received::Lagged(_) => {
                        self.on_demand.forget_unanswered();
                        self.review_all();
                    }
                },
                () = manager.0.silences_shown.notified() => self.review_all(),
                () = clock_changes::next(&mut clock_changes) => self.review_and_ask_again(),
                () = clock.sleep_until(next.map_or(Due::Never, Due::Wall)) => {}
                () = sleep_until(next_save.unwrap_or_else(Instant::now)), if next_save.is_some() => {}
                Some(ended) = self.calls.join_next_with_id() => self.end(ended),
                Some(written) = self.saving.join_next() => self.saved(written),
            }
            while let Some(ended) = self.calls.try_join_next_with_id() {
                self.end(ended);
            }
        }
        while let Some(ended) = self.calls.join_next_with_id().await {
            self.end(ended);
        }
        self.save_rest().await;
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.manager.0.context.clock.now().wall
    }

    /// Looks at all of them, and asks again for the runs that they wait for.
    fn review_and_ask_again(&mut self) {
        self.on_demand.clear();
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
    pub(super) fn review(&mut self, plugin: &Arc<PreparedPlugin>) {
        let spec = plugin.spec();
        let Some(state) = self.manager.state().told_state(&spec.name) else { return };
        let now = self.now();
        for action in queued(plugin) {
            let key = AlertKey::of(spec, action);
            if self.busy.contains(&key) {
                continue;
            }
            let call = match self.due_event(spec, action, &state, now) {
                Ok(event) => Some(self.due_behind_failures(&key, action, event, now)),
                Err(later) => later,
            };
            self.pending.set(&key, call);
        }
    }

    /// Why an action may be called now; else what it waits for, if for anything.
    pub(super) fn due_event(
        &mut self,
        spec: &PluginSpec,
        action: &ActionSpec,
        state: &ToldState,
        now: DateTime<Utc>,
    ) -> Result<OccasionEvent, Option<PendingCall>> {
        let key = AlertKey::of(spec, action);
        let Some(followed) = state.followed_by(&action.rules) else { return Err(None) };
        let note = || self.manager.notification_log().confirm(key.clone(), Told::of(followed, now));
        let delivery = self.manager.notification_log().delivery(&key);
        let decision = decide(&action.rules, followed, &delivery, now);
        match decision {
            Decision::Call(OccasionEvent::Recovery)
                if is_told_by_another(spec, action, &delivery, &self.manager.notification_log()) =>
            {
                note();
            }
            Decision::Call(event) => {
                let locked_until = self.manager.notification_log().locked.until(&spec.name, now);
                let (rules, told) = (&action.rules, state);
                let call = Held { told, followed, rules, event: Some(event), locked_until };
                return match self.hold(spec, call, now) {
                    Some(Hold { until, .. }) => Err(until.map(waiting)),
                    None => Ok(event),
                };
            }
            Decision::Wait(at) => return Err(Some(waiting(at))),
            Decision::Note => note(),
            Decision::Nothing => self.manager.notification_log().forget_failure(&key),
        }
        Err(None)
    }

    /// Why a call is held. Has plugins run that it waits for.
    fn hold(&mut self, spec: &PluginSpec, call: Held<'_>, now: DateTime<Utc>) -> Option<Hold> {
        let on_demand = &self.on_demand;
        let mut hold =
            hold(spec, call, &self.manager.0.context, |name, behind| on_demand.is_given_up(name, behind, now))?;
        for name in &hold.awaited {
            let set = self.manager.set();
            if set.prepared_of(name).is_some_and(|plugin| self.on_demand.ask(plugin.spec(), hold.behind, now)) {
                set.send(std::slice::from_ref(name), || Command::RunOnDemand(spec.name.clone()));
            }
        }
        hold.until = hold.until.or_else(|| self.on_demand.first_end(&hold.awaited));
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
        let failed = self.manager.notification_log().failure(key).and_then(|failure| failure.waits_until(action, now));
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
            let is_due = self.pending.get(&key).is_some_and(|call| call.event.is_some());
            let plugin = self.manager.set().prepared_of(&key.plugin);
            self.pending.set(&key, None);
            let Some(plugin) = plugin else { continue };
            let Some(action) = action_of(&plugin, &key).filter(|_| is_due) else {
                self.review(&plugin);
                continue;
            };
            let target = action.rules.group.map(|_| CallTarget::of(&plugin, &action));
            let mut keys = vec![key];
            if let Some(target) = &target {
                keys.extend(self.others_of(target));
            }
            self.begin(action, keys, target, now);
        }
    }

    pub(super) fn make_call(
        &mut self,
        action: ActionSpec,
        keys: Vec<AlertKey>,
        target: Option<CallTarget>,
        now: DateTime<Utc>,
    ) {
        let members = keys.into_iter().filter_map(|key| self.member(key, now)).collect();
        let state = self.manager.state();
        let Some(mut call) = Call::new(action, members, state, now) else { return };
        for (key, told) in &call.tells {
            self.manager.notification_log().begin(key, told);
        }
        let keys: Vec<_> = call.tells.iter().map(|(key, _)| key.clone()).collect();
        self.busy.extend(keys.iter().cloned());
        let name = keys.first().map(|key| key.action.clone()).unwrap_or_default();
        let (about, tells) = (call.about(), mem::take(&mut call.tells));
        let made = Made { about, name, action: call.action.clone(), keys, tells, target };
        let TaskContext { runner, shutdown, .. } = self.manager.0.context.clone();
        let task = self.calls.spawn(async move {
            let Call { action, plugin, mut result, occasion, .. } = call;
            let ran = {
                let run = runner.begin(&plugin, RunKind::Scheduled, &shutdown);
                run.act(&action, &mut result, &occasion).await
            };
            Ended::Called(call::outcome(&action, &ran.result, shutdown.is_cancelled()))
        });
        self.made.insert(task.id(), made);
    }

    /// A call has ended, or the look before it.
    fn end(&mut self, ended: Result<(Id, Ended), JoinError>) {
        let (id, ended) = match ended {
            Ok((id, ended)) => (id, ended),
            Err(error) => {
                let failed = CallEnd::Failed(format!("its task panicked: {error}"), None);
                (error.id(), Ended::Called(Err(failed)))
            }
        };
        let Some(made) = self.made.remove(&id) else { return };
        for key in &made.keys {
            self.busy.remove(key);
        }
        match ended {
            Ended::Looked(locked) => self.looked(made, &locked),
            Ended::Called(outcome) => self.called(made, outcome),
        }
    }

    fn called(&mut self, Made { about, action, keys, tells, .. }: Made, outcome: Outcome) {
        self.note((&about, &action), tells, outcome);
        for key in keys {
            let plugin = self.manager.set().prepared_of(&key.plugin);
            // A reload has taken the action away meanwhile, or given it another place.
            if plugin.as_ref().is_none_or(|plugin| action_of(plugin, &key).is_none()) {
                self.forget_removed();
            }
            if let Some(plugin) = plugin {
                self.review(&plugin);
            }
        }
    }

    fn note(&self, (about, action): (&str, &ActionSpec), tells: Vec<(AlertKey, Told)>, outcome: Outcome) {
        let now = self.now();
        let mut log = self.manager.notification_log();
        match outcome {
            Ok(answer) => {
                let answer = if answer.is_empty() { String::new() } else { format!(": {answer}") };
                tracing::info!("{about}{answer}");
                for (key, told) in tells {
                    log.confirm(key, told);
                }
            }
            Err(CallEnd::Stopped) => {}
            // One that follows each result is called once for it, as in a run.
            Err(CallEnd::Failed(reason, _)) if !action.rules.is_deferred() => {
                tracing::warn!("{about} failed: {reason}");
                for (key, told) in tells {
                    log.confirm(key, told);
                }
            }
            Err(CallEnd::Failed(reason, asked)) => {
                let (next, given_up) = log.fail((&tells, action), (&reason, asked), now);
                for (key, told) in given_up {
                    let AlertKey { plugin, action } = &key;
                    tracing::error!(
                        "Plugin {plugin}: action {action} failed for a day: {reason}; it is not tried again"
                    );
                    log.confirm(key, told);
                }
                if let Some(wait) = next {
                    tracing::warn!("{about} failed: {reason}; it is tried again in {} s", wait.as_secs());
                }
            }
        }
    }

    /// Forgets what was told of plugins and actions that the configuration does not have any more. A plugin that does not load may come back
    /// as it was.
    fn forget_removed(&mut self) {
        let names = self.manager.names();
        let plugins: Vec<_> = self.manager.set().prepared().cloned().collect();
        let mut log = self.manager.notification_log();
        log.retain(|name| names.contains(name));
        for AlertKey { plugin, action } in log.carry_over(plugins.iter().map(|plugin| &**plugin.spec())) {
            tracing::warn!(
                "Plugin {plugin}: it has no action {action} any more, so that action, which was told that the plugin is bad, is told of no end"
            );
        }
    }
}

fn waiting(at: DateTime<Utc>) -> PendingCall {
    PendingCall { at, event: None }
}
