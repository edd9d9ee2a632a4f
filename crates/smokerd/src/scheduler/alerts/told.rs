//! What actions were told.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use smoker_model::plugin::{ActionSpec, PluginName, PluginSpec};
use smoker_model::status::Status;

use crate::results::kept::history::Sequence;
use crate::results::plugin::hard_state::HardState;

/// What stands between the name of an action and its step as an escalation; in files of older daemons its time was there.
const STEP: &str = ", escalation ";
const TIME: &str = " after ";
const SECONDS: &str = " s";

/// An action of a plugin.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct AlertKey {
    pub(crate) plugin: PluginName,
    /// Its name; empty for one that stands in a template itself. An escalation also has its step.
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
    /// What the calls before that one told, of each other status the newest, the newest first: none has succeeded since, and each may have arrived.
    pub(crate) earlier_unconfirmed: Vec<Told>,
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
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    earlier_unconfirmed: Vec<ToldFields>,
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
    /// That of an action of this plugin. That of an escalation has no time: with another one it is still the one that was called.
    pub(super) fn of(spec: &PluginSpec, action: &ActionSpec) -> Self {
        let name = action.name.as_deref().unwrap_or_default();
        let action = match action.rules.escalates_after {
            Some(_) => format!("{name}{STEP}{}", step(spec, action)),
            None => name.to_owned(),
        };
        Self { plugin: spec.name.clone(), action }
    }

    /// Whether an older daemon, which named escalations by their times, wrote this for the action.
    pub(super) fn is_older_one_of(&self, action: &ActionSpec) -> bool {
        let name = action.name.as_deref().unwrap_or_default();
        let after = action.rules.escalates_after;
        after.is_some_and(|after| self.action == format!("{name}{TIME}{}{SECONDS}", after.as_secs_f64()))
    }

    /// Whether it is of an action of this name.
    pub(super) fn has_name_of(&self, action: &ActionSpec) -> bool {
        action.name.as_deref() == Some(self.parts().0)
    }

    /// The step of an escalation, or its time; 0 of another action.
    pub(super) fn place(&self) -> f64 {
        self.parts().1
    }

    fn parts(&self) -> (&str, f64) {
        fn parts<'a>(text: &'a str, separator: &str, end: &str) -> Option<(&'a str, f64)> {
            let (name, place) = text.strip_suffix(end)?.rsplit_once(separator)?;
            Some((name, place.parse().ok()?))
        }
        parts(&self.action, STEP, "").or_else(|| parts(&self.action, TIME, SECONDS)).unwrap_or((&self.action, 0.0))
    }
}

/// The number of an escalation among those of its plugin that call the same action.
fn step(spec: &PluginSpec, action: &ActionSpec) -> usize {
    let is_of_action = |other: &&ActionSpec| other.name == action.name && other.rules.escalates_after.is_some();
    spec.actions.iter().filter(is_of_action).take_while(|other| *other != action).count() + 1
}

impl Told {
    /// This state, told now.
    pub(super) fn of(hard: &HardState, now: DateTime<Utc>) -> Self {
        Self { status: hard.status, sequence: hard.sequence, at: now, bad_since: hard.bad_since }
    }
}

impl Delivery {
    /// All that calls had which have not succeeded, the newest first.
    pub(super) fn all_unconfirmed(&self) -> impl Iterator<Item = &Told> {
        self.unconfirmed.iter().chain(&self.earlier_unconfirmed)
    }

    /// All that the receiver may believe, or have heard before that.
    pub(super) fn all(&self) -> impl Iterator<Item = &Told> {
        self.confirmed.iter().chain(self.all_unconfirmed())
    }

    /// What the receiver may believe that is not this status; none when it believes just that, or nothing.
    pub(super) fn other_than(&self, status: Status) -> Option<&Told> {
        self.all().find(|told| told.status != status)
    }

    /// The bad statuses that the receiver may have heard beside these two, so that each of them has an end.
    pub(super) fn bad_beside(&self, status: Status, previous: Option<Status>) -> Vec<Status> {
        let mut bad = Vec::new();
        for told in self.all().map(|told| told.status) {
            if ![Status::Ok, status].contains(&told) && previous != Some(told) && !bad.contains(&told) {
                bad.push(told);
            }
        }
        bad
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
        let earlier_unconfirmed = delivery.earlier_unconfirmed.iter().map(ToldFields::of).collect();
        Self { plugin: key.plugin.to_string(), action: key.action.clone(), told, unconfirmed, earlier_unconfirmed }
    }

    /// What it says; none when it makes no sense.
    pub(super) fn read(self) -> Option<(AlertKey, Delivery)> {
        let [told, unconfirmed] = [self.told, self.unconfirmed].map(|fields| fields.map(ToldFields::read));
        if told.is_none() && unconfirmed.is_none() {
            return None;
        }
        let key = AlertKey { plugin: self.plugin.as_str().into(), action: self.action };
        let confirmed = told.map_or(Some(None), |told| Some(Some(told?)))?;
        let earlier_unconfirmed = self.earlier_unconfirmed.into_iter().filter_map(ToldFields::read).collect();
        Some((key, Delivery { confirmed, unconfirmed: unconfirmed.flatten(), earlier_unconfirmed }))
    }
}
