//! One call of an action, for one plugin or for several.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value as Json;
use smoker_model::counted::counted;
use smoker_model::messages::{Level, Messages};
use smoker_model::occasion::{LISTED_PLUGINS, Occasion, OccasionEvent, ToldPlugin, told_reason};
use smoker_model::plugin::{ActionSpec, Execution, RunAs};
use smoker_model::result::{Findings, PluginResult, RETRY_AFTER};
use smoker_model::run_end::RunEnd;
use smoker_model::status::Status;
use smoker_model::time::moment::Moment;
use smoker_model::wire::result::stored;
use smoker_runner::prepared::PreparedPlugin;

use crate::results::plugin::freshness::PostponedActions;
use crate::results::plugin::hard_state::HardState;
use crate::results::store::SharedState;
use crate::scheduler::alerts::told::{AlertKey, Delivery, Told};

/// What calls are collected by: the same action, by the same account.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct CallTarget {
    action: ActionSpec,
    run_as: RunAs,
}

/// A plugin that a call is about.
#[derive(Debug)]
pub(super) struct CallMember {
    pub(super) key: AlertKey,
    pub(super) plugin: Arc<PreparedPlugin>,
    pub(super) event: OccasionEvent,
    pub(super) hard: HardState,
    /// What was delivered to the action before.
    pub(super) delivery: Delivery,
    /// The result, for an action that follows each one.
    pub(super) postponed: Option<PostponedActions>,
}

/// A call that can be made.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) action: ActionSpec,
    /// The plugin whose parameters and account it has: the worst.
    pub(super) plugin: Arc<PreparedPlugin>,
    pub(super) result: PluginResult,
    pub(super) occasion: Occasion,
    /// What counts as told when it has succeeded.
    pub(super) tells: Vec<(AlertKey, Told)>,
}

/// What came of a call: why it failed.
pub(super) type Outcome = Result<String, CallEnd>;

/// Why a call has told nobody.
#[derive(Debug)]
pub(super) enum CallEnd {
    /// Why, and how long the receiver wants no other call.
    Failed(String, Option<Duration>),
    /// The daemon stops: the call is made again by the next one.
    Stopped,
}

impl CallTarget {
    /// That of an action of a plugin.
    pub(super) fn of(plugin: &PreparedPlugin, action: &ActionSpec) -> Self {
        Self { action: action.clone(), run_as: plugin.spec().run_as.clone() }
    }

    /// Whether calls are collected for it.
    pub(super) fn is_collected(&self) -> bool {
        self.action.rules.group.is_some()
    }
}

impl Call {
    /// The call of an action about these plugins, of which there is at least one.
    pub(super) fn new(
        action: ActionSpec,
        mut members: Vec<CallMember>,
        state: &SharedState,
        now: DateTime<Utc>,
    ) -> Option<Self> {
        // The worst first, then as they became so.
        members.sort_by_key(|member| (severity(member.hard.status), member.hard.since));
        let mut results: Vec<_> = members.iter().map(|member| member.result(state)).collect();
        let plugins: Vec<_> = members.iter().zip(&results).map(|(member, result)| member.told_plugin(result)).collect();
        let first = members.first()?;
        let ToldPlugin { event, previous, since, bad_since, .. } = plugins.first()?.clone();
        let (attempt, plugin) = (first.hard.attempt, Arc::clone(&first.plugin));
        let is_soft = first.postponed.as_ref().is_some_and(|postponed| postponed.is_soft);
        let result = if let [_] = members.as_slice() { results.pop()? } else { summary(&plugins) };
        let occasion = Occasion { event, previous, since, bad_since, now, attempt, is_soft, plugins };
        let tells = members.into_iter().map(|member| (member.key, Told::of(&member.hard, now))).collect();
        Some(Self { action, plugin, result, occasion, tells })
    }

    /// What it is about, for the log.
    pub(super) fn about(&self) -> String {
        let (action, event) = (self.action.name.as_deref().unwrap_or("of its template"), self.occasion.event.as_str());
        match self.occasion.plugins.as_slice() {
            [one] => format!("Plugin {}: action {action} ({event}: {})", one.name, one.status),
            several => {
                let names: Vec<_> = several.iter().take(LISTED_PLUGINS).map(|plugin| plugin.name.as_str()).collect();
                let rest = if several.len() > LISTED_PLUGINS { ", ..." } else { "" };
                format!("{} plugins: action {action} (Plugin {}{rest})", several.len(), names.join(", Plugin "))
            }
        }
    }
}

/// What came of a call of this action, which gave this.
pub(super) fn outcome(action: &ActionSpec, result: &PluginResult, is_stopping: bool) -> Outcome {
    let execution = action.invocation.as_ref().map(|invocation| &invocation.execution);
    let is_command = matches!(execution, Some(Execution::Command { .. }));
    match result.status {
        // It came to its end and says that it is well; what it printed is the answer of a receiver, not a result.
        Status::Error if is_command && result.is_fault && result.end == Some(RunEnd::Exited(0)) => {
            Ok(told_reason(result))
        }
        Status::Error if is_stopping => Err(CallEnd::Stopped),
        Status::Error => {
            let asked = result.extra.get(RETRY_AFTER).and_then(Json::as_u64).map(Duration::from_secs);
            Err(CallEnd::Failed(told_reason(result), asked))
        }
        _ => Ok(told_reason(result)),
    }
}

impl CallMember {
    fn told_plugin(&self, result: &PluginResult) -> ToldPlugin {
        let HardState { status, since, bad_since, .. } = &self.hard;
        let before = self.delivery.other_than(*status).or(self.delivery.confirmed.as_ref());
        let ended = || self.delivery.all().find_map(|told| told.bad_since);
        let bad_since = bad_since.or_else(|| before.and_then(|told| told.bad_since)).or_else(ended);
        let told = || before.map(|told| told.status);
        let previous = self.postponed.as_ref().map_or_else(told, |postponed| postponed.previous);
        let also_told = self.delivery.bad_beside(*status, previous);
        ToldPlugin {
            name: self.key.plugin.clone(),
            event: self.event,
            status: *status,
            previous,
            also_told,
            since: *since,
            bad_since,
            message: told_reason(result),
        }
    }

    /// The newest result of the status that is told.
    fn result(&self, state: &SharedState) -> PluginResult {
        let text = state.newest_with_status(&self.key.plugin, self.hard.status);
        let object = text.and_then(|text| serde_json::from_str::<Json>(&text).ok());
        let Some(Json::Object(object)) = object else { return without_messages(self.hard.status) };
        stored::read(object).unwrap_or_else(|_| without_messages(self.hard.status))
    }
}

/// The worst is the least.
fn severity(status: Status) -> u8 {
    match status {
        Status::Error | Status::Unknown => 0,
        Status::Warn => 1,
        Status::Ok => 2,
    }
}

fn without_messages(status: Status) -> PluginResult {
    Findings::new(status, Messages::new()).into_result(Moment::now(), false)
}

/// A result that stands for several: the worst status, and a line for each of the first.
fn summary(plugins: &[ToldPlugin]) -> PluginResult {
    let status = plugins.first().map_or(Status::Ok, |plugin| plugin.status);
    let level = |status: Status| match status {
        Status::Ok => Level::Info,
        Status::Warn => Level::Warn,
        Status::Error | Status::Unknown => Level::Error,
    };
    let mut messages = Messages::new();
    for plugin in plugins.iter().take(LISTED_PLUGINS) {
        messages.add(level(plugin.status), &plugin.line());
    }
    if plugins.len() > LISTED_PLUGINS {
        let more = plugins.len() - LISTED_PLUGINS;
        messages.add(level(status), &format!("and {}", counted(more, "more plugin")));
    }
    Findings::new(status, messages).into_result(Moment::now(), false)
}
