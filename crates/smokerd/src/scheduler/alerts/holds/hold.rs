//! Why a call is held.

use chrono::{DateTime, Utc};
use smoker_model::calendar::maintenance;
use smoker_model::occasion::OccasionEvent;
use smoker_model::plugin::{ActionOn, ActionRules, PluginName, PluginSpec};
use smoker_model::status::Status;

use crate::results::conditions::ToldState;
use crate::results::kept::history::Sequence;
use crate::results::plugin::hard_state::HardState;
use crate::scheduler::dependencies::judgement::{Judgement, Shown, can_run_on_demand, judge};
use crate::scheduler::run::TaskContext;

/// Why calls of a plugin's actions are held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hold {
    pub(crate) reason: String,
    /// When it ends, where that is known.
    pub(crate) until: Option<DateTime<Utc>>,
    /// The plugins whose next results end it, and the record that these have to have seen.
    pub(crate) awaited: Vec<PluginName>,
    pub(crate) behind: Sequence,
}

/// A call that may be held.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held<'a> {
    pub(crate) told: &'a ToldState,
    /// What the action follows.
    pub(crate) followed: &'a HardState,
    pub(crate) rules: &'a ActionRules,
    /// Why it is called; none when there is nothing to tell.
    pub(crate) event: Option<OccasionEvent>,
    /// Until when the maintenance lock counts, where it was there when it was looked for.
    pub(crate) locked_until: Option<DateTime<Utc>>,
}

/// Why a call about a plugin is held; none when it is not. `is_given_up`: which plugins are not waited for, although they have not seen
/// a record.
pub(crate) fn hold(
    spec: &PluginSpec,
    Held { told, followed, rules, event, locked_until }: Held<'_>,
    context: &TaskContext,
    is_given_up: impl Fn(&PluginName, Sequence) -> bool,
) -> Option<Hold> {
    let now = context.clock.now().wall;
    let hold = |reason: &str, until| Some(Hold { reason: reason.to_owned(), until, awaited: Vec::new(), behind: 0 });
    let until = maintenance::end_at(&spec.rules.maintenance, now);
    if until.is_some() {
        return hold("maintenance", until);
    }
    if let Some(lock) = spec.maintenance_lock.as_ref().filter(|_| locked_until.is_some()) {
        return hold(&format!("it is in maintenance: {} exists", lock.display()), locked_until);
    }
    // Its state is from the time before, and its next run, which is planned, shows another one.
    if spec.maintenance_lock.is_some() && told.is_maintenance && can_run_on_demand(spec, now) {
        return hold("it is in maintenance", None);
    }
    if let Some(only) = spec.rules.only.as_ref().filter(|only| !only.has(now) && tells_nothing_new(rules, event)) {
        return hold("it is outside of Only, where nothing is told again and nothing escalates", only.next_from(now));
    }
    if told.is_silenced {
        return hold("it is silenced", None);
    }
    if told.is_flapping && rules.is_deferred() {
        return hold("it is flapping", None);
    }
    let shown = Shown::of(spec, followed);
    match judge(shown, &context.ancestors.of(spec), &context.state, now, is_given_up) {
        Judgement::Consequence { reason, until } => hold(&reason, until),
        _ if told.is_held_back && followed.status != Status::Ok => {
            hold("its run that was skipped has not ended yet", None)
        }
        Judgement::Open { plugins: awaited, behind } => {
            let names: Vec<_> = awaited.iter().map(PluginName::as_str).collect();
            let reason = format!("it may be the fault of another plugin, which a run of {} shows", names.join(", "));
            Some(Hold { reason, until: None, awaited, behind })
        }
        Judgement::Own => None,
    }
}

/// Whether a call tells of a result that was told, which nothing checks again outside of `Only`.
fn tells_nothing_new(rules: &ActionRules, event: Option<OccasionEvent>) -> bool {
    match event {
        Some(OccasionEvent::Escalation) => true,
        // With `bad` it follows a new result.
        Some(OccasionEvent::Repeat) => rules.on != ActionOn::Bad,
        _ => false,
    }
}
