//! Answers of Jolokia, the bridge from JMX to HTTP: `{"request": {...}, "value": ..., "status": 200}`, or a list of them.
//! HTTP's own status is 200 also when that of an answer is not.

use serde_json::{Map, Value as Json};

use crate::plain_text::plain_text;

/// What one request gave.
pub(super) struct Answer<'a> {
    /// The name of the bean with the operation or the attribute.
    pub(super) name: String,
    pub(super) outcome: Result<&'a Json, String>,
}

/// The answers of a document; none when it is not from Jolokia.
pub(super) fn answers(document: &Json) -> Option<Vec<Answer<'_>>> {
    match document {
        Json::Array(items) if !items.is_empty() => items.iter().map(answer).collect(),
        single => answer(single).map(|answer| vec![answer]),
    }
}

fn answer(json: &Json) -> Option<Answer<'_>> {
    let members = json.as_object()?;
    let status = members.get("status").and_then(Json::as_i64)?;
    let is_of_jolokia = ["request", "error_type", "timestamp"].iter().any(|name| members.contains_key(*name));
    is_of_jolokia.then(|| Answer { name: name(members), outcome: outcome(members, status) })
}

fn name(members: &Map<String, Json>) -> String {
    let request = members.get("request").and_then(Json::as_object);
    let parts = ["mbean", "operation", "attribute", "path"].map(|part| request?.get(part));
    let parts: Vec<_> = parts.into_iter().flatten().map(plain_text).collect();
    if parts.is_empty() { "answer".to_owned() } else { parts.join(" ") }
}

fn outcome(members: &Map<String, Json>, status: i64) -> Result<&Json, String> {
    let value = members.get("value").filter(|_| status == 200 && !members.contains_key("error"));
    value.ok_or_else(|| {
        let error = members.get("error").map_or_else(|| "the answer has no value".to_owned(), plain_text);
        format!("{error} (status {status})")
    })
}
