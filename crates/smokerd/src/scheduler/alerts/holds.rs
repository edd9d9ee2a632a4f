//! Why calls are held: results stay true, and nobody is told until the hold ends.

use chrono::{DateTime, Utc};
use smoker_model::plugin::PluginSpec;

use crate::results::conditions::ToldState;
use crate::results::store::SharedState;

/// Why calls of a plugin's actions are held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hold {
    pub(super) reason: String,
    /// When it ends, where that is known.
    pub(super) until: Option<DateTime<Utc>>,
}

/// Why those of a plugin are; none when they are not.
pub(super) fn hold(spec: &PluginSpec, told: &ToldState, state: &SharedState, now: DateTime<Utc>) -> Option<Hold> {
    let until = spec.rules.maintenance.iter().filter_map(|window| window.end_at(now)).max();
    if until.is_some() {
        return Some(Hold { reason: "maintenance".to_owned(), until });
    }
    let reason = if told.is_silenced {
        "it is silenced".to_owned()
    } else if told.is_flapping {
        "it is flapping".to_owned()
    } else if let Some((_, reason)) = state.bad_parent(&spec.rules.depends_on, now) {
        reason
    } else if told.is_held_back {
        "its run that was skipped has not ended yet".to_owned()
    } else {
        return None;
    };
    Some(Hold { reason, until: None })
}
