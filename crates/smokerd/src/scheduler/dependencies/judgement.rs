//! Whether what a plugin shows may be the fault of one that it depends on, directly or through others.
//!
//! A plugin that fails together with its parent often runs first: then the parent's newest result is older than the fault, and says
//! nothing of it. So the parent runs (on demand) before anybody is told, and the plugin itself when its newest result is from the time
//! before the parent was well again. Only a plugin with an `Interval` is run for that: times of day may be those of a job.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use smoker_model::calendar::maintenance;
use smoker_model::plugin::{PluginName, PluginSpec, Trigger};
use smoker_model::status::Status;

use crate::results::conditions::ParentState;
use crate::results::kept::history::Sequence;
use crate::results::plugin::hard_state::HardState;
use crate::results::store::SharedState;

/// What a plugin shows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown<'a> {
    pub(crate) spec: &'a PluginSpec,
    pub(crate) status: Status,
    /// The number of the first of the newest results with this status.
    pub(crate) first: Sequence,
    /// The number of the newest record when the run of its newest result started.
    pub(crate) seen: Sequence,
}

/// Whose fault it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Judgement {
    /// Its own.
    Own,
    /// That of another plugin, for this reason, until this time, where one is known.
    Consequence { reason: String, until: Option<DateTime<Utc>> },
    /// That is known when these have run and seen what had happened when there was this record.
    Open { plugins: Vec<PluginName>, behind: Sequence },
}

impl<'a> Shown<'a> {
    /// What a plugin shows that counts.
    pub(crate) fn of(spec: &'a PluginSpec, hard: &HardState) -> Self {
        Self { spec, status: hard.status, first: hard.first, seen: hard.seen() }
    }
}

/// Judges what a plugin shows. `ancestors` are those of the plugin; `is_given_up` says of which plugins there is no result that
/// has seen what had happened when there was a record, although they were to run on demand.
pub(crate) fn judge(
    shown: Shown<'_>,
    ancestors: &[Arc<PluginSpec>],
    state: &SharedState,
    now: DateTime<Utc>,
    is_given_up: impl Fn(&PluginName, Sequence) -> bool,
) -> Judgement {
    // That it is well is true however the others are.
    if ancestors.is_empty() || shown.status == Status::Ok {
        return Judgement::Own;
    }
    let parents = state.parent_states(ancestors.iter().map(|spec| &spec.name), now);
    if let Some(reason) = parents.iter().find_map(|parent| parent.bad.clone()) {
        return Judgement::Consequence { reason, until: None };
    }
    let parents: Vec<_> = ancestors.iter().zip(parents).collect();
    let may_run = |spec: &PluginSpec, behind| can_run_on_demand(spec, now) && !is_given_up(&spec.name, behind);
    let old = parents.iter().filter(|(_, parent)| parent.seen < shown.first);
    let old: Vec<_> =
        old.filter(|(spec, _)| may_run(spec.as_ref(), shown.first)).map(|(spec, _)| spec.name.clone()).collect();
    if !old.is_empty() {
        return Judgement::Open { plugins: old, behind: shown.first };
    }
    if let Some(maintenance) = parents.iter().find_map(|(spec, parent)| maintenance(spec, parent, now)) {
        return maintenance;
    }
    let recovered = parents.iter().map(|(_, parent)| parent.recovered).max().unwrap_or_default();
    if shown.seen >= recovered {
        return Judgement::Own;
    }
    // What it shows is from the time before, and as long as its lock is there no run shows anything else.
    if can_run_on_demand(shown.spec, now) && state.is_in_maintenance(&shown.spec.name) {
        return Judgement::Consequence { reason: "it is in maintenance".to_owned(), until: None };
    }
    if may_run(shown.spec, recovered) {
        return Judgement::Open { plugins: vec![shown.spec.name.clone()], behind: recovered };
    }
    Judgement::Own
}

/// A plugin in maintenance does not run on demand, so nobody knows whether it is well.
fn maintenance(spec: &PluginSpec, parent: &ParentState, now: DateTime<Utc>) -> Option<Judgement> {
    let until = maintenance_end(spec, now);
    // A lock is seen by each run, so it counts until the next one.
    let is_locked = parent.is_maintenance && can_run_on_demand(spec, now);
    let reason = format!("{} is in maintenance", spec.name);
    (until.is_some() || is_locked).then_some(Judgement::Consequence { reason, until })
}

fn maintenance_end(spec: &PluginSpec, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    maintenance::end_at(&spec.rules.maintenance, now)
}

/// Whether a plugin may run now although it is not its time.
pub(crate) fn can_run_on_demand(spec: &PluginSpec, now: DateTime<Utc>) -> bool {
    matches!(spec.trigger, Some(Trigger::Every { .. }))
        && spec.rules.only.as_ref().is_none_or(|only| only.has(now))
        && maintenance_end(spec, now).is_none()
}
