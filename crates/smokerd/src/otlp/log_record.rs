//! A result as a log record.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use smoker_model::reason::Grounds;
use smoker_model::run_end::RunEnd;
use smoker_model::status::Status;

use crate::otlp::limits::BODY;
use crate::otlp::protocol::{AnyValue, Digits, Double, KeyValue, LogRecord};
use crate::results::plugin::plugin_facts::PluginFacts;
use crate::results::queries::run_query::StoredRun;

/// Parameters of a plugin that its records show, with the names of their attributes.
const SHOWN_PARAMETERS: [(&str, &str); 3] = [("category", "Category"), ("component", "Component"), ("type", "Type")];

/// What of a result's text is looked at.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Shown {
    messages: Option<Map<String, Json>>,
    #[serde(rename = "componentResults")]
    components: Json,
}

/// The record of a run; `facts` are those of its plugin, unless it was removed.
pub(super) fn log_record(run: &StoredRun, facts: Option<&PluginFacts>, now: DateTime<Utc>) -> LogRecord {
    let status = run.facts.status;
    LogRecord {
        time_unix_nano: Digits::of_time(run.facts.ended()),
        observed_time_unix_nano: Digits::of_time(now),
        severity_number: severity(status),
        severity_text: status.as_str(),
        body: AnyValue::Text(body(run)),
        attributes: attributes(run, facts),
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

/// The reason of the status, or the status itself where there is none.
fn body(run: &StoredRun) -> String {
    // A text that cannot be read has no message.
    let shown: Shown = serde_json::from_str(&run.text).unwrap_or_default();
    let grounds = Grounds { status: run.facts.status, messages: shown.messages.as_ref(), end: run.facts.end };
    let components = shown.components.as_array().into_iter().flatten().map(|component| &component["componentResult"]);
    let reason = grounds.reason(components.map(|it| (it["name"].as_str().unwrap_or_default(), it)));
    let mut text = reason.unwrap_or_else(|| run.facts.status.as_str().to_owned());
    text.truncate(text.floor_char_boundary(BODY));
    text
}

fn attributes(run: &StoredRun, facts: Option<&PluginFacts>) -> Vec<KeyValue> {
    let int = |key: &'static str, number: i128| KeyValue::new(key, AnyValue::Int(Digits(number)));
    let mut attributes = vec![KeyValue::text("plugin", run.plugin.as_str())];
    for (name, key) in SHOWN_PARAMETERS {
        let value = facts.and_then(|facts| facts.parameter(key));
        attributes.extend(value.map(|value| KeyValue::text(name, value)));
    }
    let run_facts = &run.facts;
    attributes.extend([
        KeyValue::text("status", run_facts.status.as_str()),
        KeyValue::text("trigger", run_facts.trigger.as_str()),
        KeyValue::new("duration", AnyValue::Double(Double(seconds(run_facts.duration)))),
        int("attempt", run_facts.attempt.into()),
        KeyValue::new("soft", AnyValue::Bool(run_facts.is_soft)),
        KeyValue::new("interrupted", AnyValue::Bool(run_facts.is_interrupted)),
        KeyValue::new("maintenance", AnyValue::Bool(run_facts.is_maintenance)),
        int("sequence", run.sequence.into()),
    ]);
    attributes.extend(run_facts.end.map(|end| match end {
        RunEnd::Exited(code) => int("exit_status", code.into()),
        RunEnd::Signalled(signal) => int("signal", signal.into()),
    }));
    attributes.extend(run_facts.trigger.by().map(|by| KeyValue::text("triggered_by", by)));
    attributes
}

/// In whole microseconds: more digits would only be noise.
fn seconds(duration: Duration) -> f64 {
    u32::try_from(duration.as_micros()).map_or(duration.as_secs_f64(), |micros| f64::from(micros) / 1e6)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::results::kept::facts::RunFacts;
    use crate::results::samples;

    fn stored(text: &str, status: Status) -> StoredRun {
        let record = samples::finished(&"a".into(), text);
        let facts = RunFacts { status, end: None, ..RunFacts::of(&record).expect("it has finished") };
        StoredRun { sequence: 7, plugin: "a".into(), facts, text: text.to_owned() }
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
            assert_eq!(body(&stored(&text.to_string(), Status::Error)), expected, "{text}");
        }
        let mut killed = stored("{}", Status::Error);
        killed.facts.end = Some(RunEnd::Signalled(9));
        assert_eq!(body(&killed), RunEnd::Signalled(9).to_string());
        let long = json!({"messages": {"error": ["č".repeat(BODY)]}});
        assert_eq!(body(&stored(&long.to_string(), Status::Error)).len(), BODY);
    }

    #[test]
    fn the_severity_is_that_of_the_status() {
        for (status, number, text) in [(Status::Ok, 9, "OK"), (Status::Warn, 13, "WARN"), (Status::Error, 17, "ERROR")]
        {
            let record = log_record(&stored("{}", status), None, Utc::now());
            assert_eq!((record.severity_number, record.severity_text), (number, text));
        }
    }
}
