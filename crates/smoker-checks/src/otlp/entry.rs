//! A result as the REST interface shows it, in `/results` and as an event, becomes a log record.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::Value as Json;
use smoker_model::run_end::RunEnd;
use smoker_model::status::Status;
use smoker_model::wire::results::RunFacts;

use crate::otlp::protocol::LogRecord;
use crate::otlp::record::ResultFacts;

/// What an entry has beside what is known of the run.
#[derive(Deserialize)]
struct Outcome {
    result: Json,
}

/// The record of an entry, noticed at this time; `None` when it is none. An entry does not say whether its result is soft, nor what the plugin's
/// parameters are, so the record does not either.
#[must_use]
pub fn record(json: &str, now: DateTime<Utc>) -> Option<LogRecord> {
    // Read twice: numbers of any size do not pass through a flattened member.
    let run: RunFacts = serde_json::from_str(json).ok()?;
    let Outcome { result } = serde_json::from_str(json).ok()?;
    let status = Status::of_result(result["status"].as_str()?)?;
    let started = DateTime::parse_from_rfc3339(&run.started).ok()?.with_timezone(&Utc);
    let duration = result["duration"].as_f64().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let duration = duration.unwrap_or_default();
    let number = |name: &str| result[name].as_i64().and_then(|number| i32::try_from(number).ok());
    let facts = ResultFacts {
        plugin: &run.plugin,
        parameters: Vec::new(),
        status,
        trigger: &run.trigger,
        triggered_by: run.triggered_by.as_deref(),
        ended: started.checked_add_signed(TimeDelta::from_std(duration).ok()?)?,
        duration,
        end: number("exitStatus").map(RunEnd::Exited).or_else(|| number("signal").map(RunEnd::Signalled)),
        attempt: run.attempt,
        is_soft: None,
        is_interrupted: run.interrupted,
        is_maintenance: None,
        sequence: run.sequence,
        text: &result.to_string(),
    };
    Some(facts.record(now))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_entry_has_what_the_record_says() {
        let entry = json!({
            "sequence": 3, "plugin": "Disk", "trigger": "force", "triggeredBy": "ann", "planned": "2026-11-25T02:13:55.830000Z",
            "started": "2026-11-25T02:13:55.5Z", "attempt": 2, "generation": 1, "interrupted": true,
            "result": {"status": "WARN", "messages": {"warn": ["full"]}, "duration": 0.25, "exitStatus": 1},
        });
        let record = record(&entry.to_string(), DateTime::UNIX_EPOCH).expect("a record");
        let text = |value: &str| json!({"stringValue": value});
        let expected = json!({
            "timeUnixNano": "1795572835750000000", "observedTimeUnixNano": "0", "severityNumber": 13, "severityText": "WARN",
            "body": text("full"),
            "attributes": [
                {"key": "plugin", "value": text("Disk")}, {"key": "status", "value": text("WARN")},
                {"key": "trigger", "value": text("force")}, {"key": "duration", "value": {"doubleValue": 0.25}},
                {"key": "attempt", "value": {"intValue": "2"}}, {"key": "interrupted", "value": {"boolValue": true}},
                {"key": "sequence", "value": {"intValue": "3"}}, {"key": "exit_status", "value": {"intValue": "1"}},
                {"key": "triggered_by", "value": text("ann")},
            ],
        });
        assert_eq!(json!(record), expected);
    }

    #[test]
    fn what_is_no_entry_has_no_record() {
        for text in ["", "[]", "{\"sequence\": 1}", "{\"result\": {\"status\": \"OK\"}}"] {
            assert!(record(text, Utc::now()).is_none(), "{text}");
        }
    }
}
