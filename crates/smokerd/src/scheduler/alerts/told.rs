//! What actions were told.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use smoker_model::plugin::{ActionSpec, PluginName};
use smoker_model::status::Status;

use crate::results::kept::history::Sequence;
use crate::results::plugin::hard_state::HardState;

/// An action of a plugin.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct AlertKey {
    pub(crate) plugin: PluginName,
    /// Its name; empty for one that stands in a template itself. An escalation also has its time.
    pub(crate) action: String,
}

/// What an action was told last.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Told {
    pub(crate) status: Status,
    /// The number of the result that it was told.
    pub(crate) sequence: Sequence,
    /// When it was told.
    pub(crate) at: DateTime<Utc>,
    /// When the plugin had become bad.
    pub(crate) bad_since: Option<DateTime<Utc>>,
}

/// What was delivered to an action: what it was told for certain, and what it may have been told, since a call can fail after it has arrived.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Delivery {
    /// What the newest call told that succeeded, or what counts as told without a call.
    pub(crate) confirmed: Option<Told>,
    /// What the newest call tells that has not succeeded: it is being made, or it has failed.
    pub(crate) unconfirmed: Option<Told>,
}

/// A line of the file.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ToldLine {
    plugin: String,
    action: String,
    #[serde(flatten)]
    told: Option<ToldFields>,
    #[serde(default, skip_serializing_if = "Option::is_none", alias = "tried")]
    unconfirmed: Option<ToldFields>,
}

#[derive(Debug, Serialize, Deserialize)]
struct ToldFields {
    status: String,
    sequence: Sequence,
    at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bad_since: Option<String>,
}

impl AlertKey {
    /// That of an action of this plugin.
    pub(super) fn of(plugin: &PluginName, action: &ActionSpec) -> Self {
        let name = action.name.as_deref().unwrap_or_default();
        let action = match action.rules.escalates_after {
            Some(after) => format!("{name} after {} s", after.as_secs_f64()),
            None => name.to_owned(),
        };
        Self { plugin: plugin.clone(), action }
    }
}

impl Told {
    /// This state, told now.
    pub(super) fn of(hard: &HardState, now: DateTime<Utc>) -> Self {
        Self { status: hard.status, sequence: hard.sequence, at: now, bad_since: hard.bad_since }
    }
}

impl Delivery {
    /// What the receiver may believe that is not this status; none when it believes just that, or nothing.
    pub(super) fn other_than(&self, status: Status) -> Option<&Told> {
        [&self.confirmed, &self.unconfirmed].into_iter().flatten().find(|told| told.status != status)
    }
}

impl ToldFields {
    fn of(told: &Told) -> Self {
        Self {
            status: told.status.to_string(),
            sequence: told.sequence,
            at: told.at.to_rfc3339(),
            bad_since: told.bad_since.map(|since| since.to_rfc3339()),
        }
    }

    fn read(self) -> Option<Told> {
        let time = |text: &str| DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc());
        let bad_since = self.bad_since.as_deref().and_then(time);
        Some(Told { status: Status::of_result(&self.status)?, sequence: self.sequence, at: time(&self.at)?, bad_since })
    }
}

impl ToldLine {
    /// The line of an action.
    pub(super) fn of(key: &AlertKey, delivery: &Delivery) -> Self {
        let [told, unconfirmed] =
            [&delivery.confirmed, &delivery.unconfirmed].map(|told| told.as_ref().map(ToldFields::of));
        Self { plugin: key.plugin.to_string(), action: key.action.clone(), told, unconfirmed }
    }

    /// What it says; none when it makes no sense.
    pub(super) fn read(self) -> Option<(AlertKey, Delivery)> {
        let [told, unconfirmed] = [self.told, self.unconfirmed].map(|fields| fields.map(ToldFields::read));
        if told.is_none() && unconfirmed.is_none() {
            return None;
        }
        let key = AlertKey { plugin: self.plugin.as_str().into(), action: self.action };
        let confirmed = told.map_or(Some(None), |told| Some(Some(told?)))?;
        Some((key, Delivery { confirmed, unconfirmed: unconfirmed.flatten() }))
    }
}
