//! A result as a log record.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use smoker_model::reason::Grounds;
use smoker_model::run_end::RunEnd;
use smoker_model::status::Status;

use crate::otlp::protocol::{AnyValue, Digits, Double, KeyValue, LogRecord};

/// How many bytes of its first message the body of a log record has.
pub const BODY: usize = 4096;

/// What a record says of a result.
#[derive(Clone, Debug)]
pub struct ResultFacts<'a> {
    /// The plugin.
    pub plugin: &'a str,
    /// Parameters of the plugin, each with the name of its attribute.
    pub parameters: Vec<(&'static str, &'a str)>,
    /// Its status.
    pub status: Status,
    /// Why the run took place: `timer`, `force` and so on.
    pub trigger: &'a str,
    /// Who or what caused it.
    pub triggered_by: Option<&'a str>,
    /// When the run ended.
    pub ended: DateTime<Utc>,
    /// How long it took, its actions included.
    pub duration: Duration,
    /// How its process ended.
    pub end: Option<RunEnd>,
    /// The number of the attempt, from 1.
    pub attempt: u32,
    /// Whether the result is bad, but not as often in a row as the plugin's `Retries` wants it; none where that is not known.
    pub is_soft: Option<bool>,
    /// Whether the end of the daemon ended the run.
    pub is_interrupted: bool,
    /// Whether nothing was checked, because of maintenance; none where that is not known.
    pub is_maintenance: Option<bool>,
    /// The number of the result in the daemon's journal.
    pub sequence: u64,
    /// The JSON of the result.
    pub text: &'a str,
}

/// What of a result's text is looked at.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Shown {
    messages: Option<Map<String, Json>>,
    #[serde(rename = "componentResults")]
    components: Json,
}

impl ResultFacts<'_> {
    /// The record, noticed at this time.
    #[must_use]
    pub fn record(&self, now: DateTime<Utc>) -> LogRecord {
        LogRecord {
            time_unix_nano: Digits::of_time(self.ended),
            observed_time_unix_nano: Digits::of_time(now),
            severity_number: severity(self.status),
            severity_text: self.status.as_str(),
            body: AnyValue::Text(self.body()),
            attributes: self.attributes(),
        }
    }

    /// The reason of the status, or the status itself where there is none.
    fn body(&self) -> String {
        // A text that cannot be read has no message.
        let shown: Shown = serde_json::from_str(self.text).unwrap_or_default();
        let grounds = Grounds { status: self.status, messages: shown.messages.as_ref(), end: self.end };
        let components =
            shown.components.as_array().into_iter().flatten().map(|component| &component["componentResult"]);
        let reason = grounds.reason(components.map(|it| (it["name"].as_str().unwrap_or_default(), it)));
        let mut text = reason.unwrap_or_else(|| self.status.as_str().to_owned());
        text.truncate(text.floor_char_boundary(BODY));
        text
    }

    fn attributes(&self) -> Vec<KeyValue> {
        let int = |key: &'static str, number: i128| KeyValue::new(key, AnyValue::Int(Digits(number)));
        let bool = |key: &'static str, is_so: bool| KeyValue::new(key, AnyValue::Bool(is_so));
        let mut attributes = vec![KeyValue::text("plugin", self.plugin)];
        attributes.extend(self.parameters.iter().map(|(name, value)| KeyValue::text(*name, value)));
        attributes.extend([
            KeyValue::text("status", self.status.as_str()),
            KeyValue::text("trigger", self.trigger),
            KeyValue::new("duration", AnyValue::Double(Double(seconds(self.duration)))),
            int("attempt", self.attempt.into()),
        ]);
        attributes.extend(self.is_soft.map(|is_soft| bool("soft", is_soft)));
        attributes.push(bool("interrupted", self.is_interrupted));
        attributes.extend(self.is_maintenance.map(|is_maintenance| bool("maintenance", is_maintenance)));
        attributes.push(int("sequence", self.sequence.into()));
        attributes.extend(self.end.map(|end| match end {
            RunEnd::Exited(code) => int("exit_status", code.into()),
            RunEnd::Signalled(signal) => int("signal", signal.into()),
        }));
        attributes.extend(self.triggered_by.map(|by| KeyValue::text("triggered_by", by)));
        attributes
    }
}

/// `SeverityNumber`.
fn severity(status: Status) -> u8 {
    match status {
        Status::Ok => 9,
        Status::Warn => 13,
        Status::Error => 17,
        Status::Unknown => 0,
    }
}

/// In whole microseconds: more digits would only be noise.
fn seconds(duration: Duration) -> f64 {
    u32::try_from(duration.as_micros()).map_or(duration.as_secs_f64(), |micros| f64::from(micros) / 1e6)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn facts(text: &str, status: Status) -> ResultFacts<'_> {
        ResultFacts {
            plugin: "a",
            parameters: Vec::new(),
            status,
            trigger: "timer",
            triggered_by: None,
            ended: DateTime::UNIX_EPOCH,
            duration: Duration::from_millis(5),
            end: None,
            attempt: 1,
            is_soft: None,
            is_interrupted: false,
            is_maintenance: None,
            sequence: 7,
            text,
        }
    }

    #[test]
    fn the_body_is_the_first_message_or_what_else_says_how_it_ended() {
        let part = |name: &str, status: &str, message: &str| json!({"componentResult": {"name": name, "status": status, "messages": {"error": [message]}}});
        let parts = json!({"messages": null, "componentResults": [part("a", "OK", "no"), part("b", "ERROR", "full")]});
        for (text, expected) in [
            (json!({"messages": {"info": ["fine"], "error": ["\n down \nmore"], "warn": []}}), "down"),
            (parts, "b: full"),
            (json!({"messages": {"info": [], "error": [], "warn": []}, "componentResults": {}}), "ERROR"),
            (json!("?"), "ERROR"),
        ] {
            assert_eq!(facts(&text.to_string(), Status::Error).body(), expected, "{text}");
        }
        let killed = ResultFacts { end: Some(RunEnd::Signalled(9)), ..facts("{}", Status::Error) };
        assert_eq!(killed.body(), RunEnd::Signalled(9).to_string());
        let long = json!({"messages": {"error": ["č".repeat(BODY)]}}).to_string();
        assert_eq!(facts(&long, Status::Error).body().len(), BODY);
    }

    #[test]
    fn the_severity_is_that_of_the_status() {
        for (status, number, text) in [(Status::Ok, 9, "OK"), (Status::Warn, 13, "WARN"), (Status::Error, 17, "ERROR")]
        {
            let record = facts("{}", status).record(Utc::now());
            assert_eq!((record.severity_number, record.severity_text), (number, text));
        }
    }
}
