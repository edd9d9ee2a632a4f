//! Why calls are held: results stay true, and nobody is told until the hold ends.

use chrono::{DateTime, Utc};
use smoker_model::plugin::{ActionRules, PluginName, PluginSpec};

use crate::results::conditions::ToldState;
use crate::results::kept::history::Sequence;
use crate::results::plugin::hard_state::HardState;
use crate::scheduler::dependencies::judgement::{Judgement, Shown, judge};
use crate::scheduler::run::TaskContext;

/// Why calls of a plugin's actions are held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hold {
    pub(super) reason: String,
    /// When it ends, where that is known.
    pub(super) until: Option<DateTime<Utc>>,
    /// The plugins whose next results end it, and the record that these have to have seen.
    pub(super) awaited: Vec<PluginName>,
    pub(super) behind: Sequence,
}

/// Why a call is held that tells `followed`, what an action of a plugin with these rules follows; none when it is not.
/// `is_given_up`: which plugins are not waited for, although they have not seen a record.
pub(super) fn hold(
    spec: &PluginSpec,
    (told, followed, rules): (&ToldState, &HardState, &ActionRules),
    context: &TaskContext,
    is_given_up: impl Fn(&PluginName, Sequence) -> bool,
) -> Option<Hold> {
    let now = context.clock.now().wall;
    let hold = |reason: &str, until| Some(Hold { reason: reason.to_owned(), until, awaited: Vec::new(), behind: 0 });
    let until = spec.rules.maintenance.iter().filter_map(|window| window.end_at(now)).max();
    if until.is_some() {
        return hold("maintenance", until);
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
        _ if told.is_held_back => hold("its run that was skipped has not ended yet", None),
        Judgement::Open { plugins: awaited, behind } => {
            let names: Vec<_> = awaited.iter().map(PluginName::as_str).collect();
            let reason = format!("it may be the fault of another plugin, which a run of {} shows", names.join(", "));
            Some(Hold { reason, until: None, awaited, behind })
        }
        Judgement::Own => None,
    }
}
