//! What an action is told beside the result that it follows.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value as Json, json};

use crate::plugin::PluginName;
use crate::result::PluginResult;
use crate::status::Status;

/// How many plugins of a call are listed with their results.
pub const LISTED_PLUGINS: usize = 20;

/// What an action is told beside the result.
#[derive(Clone, Debug, PartialEq)]
pub struct Occasion {
    /// Why the action is called.
    pub event: OccasionEvent,
    /// The status before: that which was told last, or for an action that follows each result, that of the result before. None
    /// when there was none.
    pub previous: Option<Status>,
    /// When the status began.
    pub since: DateTime<Utc>,
    /// When the plugin became bad, for one that is bad, or that has just recovered.
    pub bad_since: Option<DateTime<Utc>>,
    /// Now, where the duration of the bad spell is counted to.
    pub now: DateTime<Utc>,
    /// Which attempt the result is, from 1.
    pub attempt: u32,
    /// Whether the result does not count yet.
    pub is_soft: bool,
    /// All plugins that the call is for, the worst first; for a call about one plugin that one.
    pub plugins: Vec<ToldPlugin>,
}

/// Why an action is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OccasionEvent {
    /// There is a result.
    Result,
    /// The plugin has become bad, or bad in another way.
    Problem,
    /// The plugin is OK again.
    Recovery,
    /// The plugin is still bad.
    Repeat,
    /// The plugin has been bad for long.
    Escalation,
}

/// A plugin that a call is for.
#[derive(Clone, Debug, PartialEq)]
pub struct ToldPlugin {
    /// Its name.
    pub name: PluginName,
    /// Why its action is called.
    pub event: OccasionEvent,
    /// Its status.
    pub status: Status,
    /// The status before.
    pub previous: Option<Status>,
    /// Other bad statuses that it may have been told: of calls that failed, and may have arrived.
    pub also_told: Vec<Status>,
    /// When the status began.
    pub since: DateTime<Utc>,
    /// When it became bad.
    pub bad_since: Option<DateTime<Utc>>,
    /// The reason of its result; empty of one that is OK and says nothing.
    pub message: String,
}

impl OccasionEvent {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Result => "result",
            Self::Problem => "problem",
            Self::Recovery => "recovery",
            Self::Repeat => "repeat",
            Self::Escalation => "escalation",
        }
    }
}

impl Occasion {
    /// That of an action that follows a result as part of its run.
    #[must_use]
    pub fn of_result(plugin: &PluginName, result: &PluginResult, before: Option<(Status, DateTime<Utc>)>) -> Self {
        let (status, now) = (result.status, Utc::now());
        let is_same = before.is_some_and(|(previous, _)| previous == status);
        let since = before.filter(|_| is_same).map_or(result.started, |(_, since)| since);
        let was_bad = before.filter(|(previous, _)| *previous != Status::Ok).map(|(_, since)| since);
        let bad_since = was_bad.or((status != Status::Ok).then_some(since));
        let previous = before.map(|(previous, _)| previous);
        let event = OccasionEvent::Result;
        let message = told_reason(result);
        let (name, also_told) = (plugin.clone(), Vec::new());
        let told = ToldPlugin { name, event, status, previous, also_told, since, bad_since, message };
        Self { event, previous, since, bad_since, now, attempt: 1, is_soft: false, plugins: vec![told] }
    }

    /// How long the plugin has been bad, or was.
    #[must_use]
    pub fn bad_for(&self) -> Option<Duration> {
        (self.now - self.bad_since?).to_std().ok()
    }

    /// The reason of the result; for several plugins a part of each of the first. One line, of up to 2000 characters.
    #[must_use]
    pub fn message(&self) -> String {
        match self.plugins.as_slice() {
            [one] => one.message.clone(),
            several => {
                let lines: Vec<_> = several.iter().take(LISTED_PLUGINS).map(ToldPlugin::line).collect();
                cut(&lines.join("; "))
            }
        }
    }

    /// What commands and templates know of it, by name.
    #[must_use]
    pub fn fields(&self) -> Map<String, Json> {
        let seconds = self.bad_for().map(|time| time.as_secs());
        let previous = self.previous.map(Status::as_str);
        let plugin = if let [one] = self.plugins.as_slice() { Some(one.name.as_str()) } else { None };
        let Json::Object(fields) = json!({
            "plugin": plugin,
            "event": self.event.as_str(),
            "previousStatus": previous,
            "since": rfc3339(self.since),
            "badSince": self.bad_since.map(rfc3339),
            "badSeconds": seconds,
            "attempt": self.attempt,
            "state": if self.is_soft { "soft" } else { "hard" },
            "message": self.message(),
            "count": self.plugins.len(),
            "plugins": self.plugins.iter().take(LISTED_PLUGINS).map(ToldPlugin::fields).collect::<Vec<_>>(),
        }) else {
            return Map::new();
        };
        fields
    }

    /// The same as variables of the environment, but for the list of plugins.
    #[must_use]
    pub fn variables(&self) -> Vec<(String, String)> {
        let text = |text: Option<String>| text.unwrap_or_default();
        [
            ("SMOKER_EVENT", self.event.as_str().to_owned()),
            ("SMOKER_PREVIOUS_STATUS", text(self.previous.map(|status| status.to_string()))),
            ("SMOKER_SINCE", rfc3339(self.since)),
            ("SMOKER_BAD_SINCE", text(self.bad_since.map(rfc3339))),
            ("SMOKER_BAD_SECONDS", text(self.bad_for().map(|time| time.as_secs().to_string()))),
            ("SMOKER_ATTEMPT", self.attempt.to_string()),
            ("SMOKER_STATE", if self.is_soft { "soft" } else { "hard" }.to_owned()),
            // A variable ends at such a character, and what has one cannot be started.
            ("SMOKER_MESSAGE", self.message().replace('\0', " ")),
            ("SMOKER_COUNT", self.plugins.len().to_string()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }
}

impl ToldPlugin {
    /// What commands and templates know of it, by name.
    #[must_use]
    pub fn fields(&self) -> Json {
        let mut fields = json!({
            "name": self.name.as_str(),
            "event": self.event.as_str(),
            "status": self.status.as_str(),
            "previousStatus": self.previous.map(Status::as_str),
            "since": rfc3339(self.since),
            "badSince": self.bad_since.map(rfc3339),
            "message": self.message,
        });
        if !self.also_told.is_empty() {
            fields["alsoTold"] = self.also_told.iter().map(|status| status.as_str()).collect();
        }
        fields
    }

    /// It in one line.
    #[must_use]
    pub fn line(&self) -> String {
        let message = if self.message.is_empty() { String::new() } else { format!(": {}", self.message) };
        format!("{} {}{message}", self.name, self.status)
    }
}

/// How much of a line is told, in characters.
const TOLD_MESSAGE: usize = 2000;

/// The reason of a result as actions are told it: up to 2000 characters; `no message` of a bad one that has none, and empty of a good one.
#[must_use]
pub fn told_reason(result: &PluginResult) -> String {
    let none = if result.status == Status::Ok { "" } else { "no message" };
    cut(&result.reason().unwrap_or_else(|| none.to_owned()))
}

fn cut(text: &str) -> String {
    text.chars().take(TOLD_MESSAGE).collect()
}

fn rfc3339(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::result::Findings;
    use crate::time::moment::Moment;

    #[test]
    fn a_result_of_another_status_begins_now_and_ends_a_bad_spell() {
        let result = |status| {
            let findings = if status == Status::Ok {
                Findings::new(status, crate::messages::Messages::new())
            } else {
                Findings::error("down\nmore")
            };
            findings.into_result(Moment::now(), false)
        };
        let before = Utc::now() - chrono::TimeDelta::hours(1);
        let of = |status, previous| Occasion::of_result(&"Db".into(), &result(status), previous);
        let first = of(Status::Error, None);
        assert_eq!((first.previous, first.bad_since), (None, Some(first.since)));
        assert_eq!(first.plugins[0].line(), "Db ERROR: down");
        let still = of(Status::Error, Some((Status::Error, before)));
        assert_eq!((still.since, still.bad_since), (before, Some(before)));
        let fields = of(Status::Ok, Some((Status::Error, before))).fields();
        assert_eq!((&fields["previousStatus"], &fields["badSeconds"]), (&json!("ERROR"), &json!(3600)));
        assert_eq!(fields["plugin"], "Db");
        let good = of(Status::Ok, Some((Status::Ok, before))).fields();
        assert_eq!((&good["badSince"], &good["count"], &good["state"]), (&Json::Null, &json!(1), &json!("hard")));
    }
}
