//! The fields that messages of the protocol may have, and what a body has that is none.

use serde_json::{Map, Value as Json};

/// What lies at the end of lists in lists.
#[must_use]
pub fn items(of: &Json, path: &[&str]) -> Vec<Json> {
    let Some((first, rest)) = path.split_first() else { return vec![of.clone()] };
    of[first].as_array().into_iter().flatten().flat_map(|entry| items(entry, rest)).collect()
}

/// What the fields of a message are.
#[derive(Clone, Copy)]
enum Field {
    /// A text.
    Text,
    /// A boolean.
    Bool,
    /// A number of 64 bits, which is a text of digits.
    Digits,
    /// A small number, or an enumeration.
    Number,
    /// A double: a number, or one of three words.
    Double,
    /// A message.
    One(&'static Message),
    /// A list of messages.
    Many(&'static Message),
}

/// A message of the protocol: all fields that are sent may have, with their names in JSON.
struct Message {
    fields: &'static [(&'static str, Field)],
    /// Of these groups a message has exactly one each.
    one_of: &'static [&'static str],
}

// The published definitions (opentelemetry-proto 1.x): common, resource, logs and metrics, as far as anything could be sent.
static ANY_VALUE: Message = Message {
    fields: &[
        ("stringValue", Field::Text),
        ("boolValue", Field::Bool),
        ("intValue", Field::Digits),
        ("doubleValue", Field::Double),
        ("arrayValue", Field::One(&ARRAY_VALUE)),
        ("kvlistValue", Field::One(&KEY_VALUE_LIST)),
        ("bytesValue", Field::Text),
    ],
    one_of: &["stringValue", "boolValue", "intValue", "doubleValue", "arrayValue", "kvlistValue", "bytesValue"],
};
static ARRAY_VALUE: Message = Message { fields: &[("values", Field::Many(&ANY_VALUE))], one_of: &[] };
static KEY_VALUE_LIST: Message = Message { fields: &[("values", Field::Many(&KEY_VALUE))], one_of: &[] };
static KEY_VALUE: Message = Message { fields: &[("key", Field::Text), ("value", Field::One(&ANY_VALUE))], one_of: &[] };
static RESOURCE: Message = Message {
    fields: &[("attributes", Field::Many(&KEY_VALUE)), ("droppedAttributesCount", Field::Number)],
    one_of: &[],
};
static SCOPE: Message = Message {
    fields: &[
        ("name", Field::Text),
        ("version", Field::Text),
        ("attributes", Field::Many(&KEY_VALUE)),
        ("droppedAttributesCount", Field::Number),
    ],
    one_of: &[],
};
static LOGS: Message = Message { fields: &[("resourceLogs", Field::Many(&RESOURCE_LOGS))], one_of: &[] };
static RESOURCE_LOGS: Message = Message {
    fields: &[("resource", Field::One(&RESOURCE)), ("scopeLogs", Field::Many(&SCOPE_LOGS)), ("schemaUrl", Field::Text)],
    one_of: &[],
};
static SCOPE_LOGS: Message = Message {
    fields: &[("scope", Field::One(&SCOPE)), ("logRecords", Field::Many(&LOG_RECORD)), ("schemaUrl", Field::Text)],
    one_of: &[],
};
static LOG_RECORD: Message = Message {
    fields: &[
        ("timeUnixNano", Field::Digits),
        ("observedTimeUnixNano", Field::Digits),
        ("severityNumber", Field::Number),
        ("severityText", Field::Text),
        ("body", Field::One(&ANY_VALUE)),
        ("attributes", Field::Many(&KEY_VALUE)),
        ("droppedAttributesCount", Field::Number),
        ("flags", Field::Number),
        ("traceId", Field::Text),
        ("spanId", Field::Text),
        ("eventName", Field::Text),
    ],
    one_of: &[],
};
static METRICS: Message = Message { fields: &[("resourceMetrics", Field::Many(&RESOURCE_METRICS))], one_of: &[] };
static RESOURCE_METRICS: Message = Message {
    fields: &[
        ("resource", Field::One(&RESOURCE)),
        ("scopeMetrics", Field::Many(&SCOPE_METRICS)),
        ("schemaUrl", Field::Text),
    ],
    one_of: &[],
};
static SCOPE_METRICS: Message = Message {
    fields: &[("scope", Field::One(&SCOPE)), ("metrics", Field::Many(&METRIC)), ("schemaUrl", Field::Text)],
    one_of: &[],
};
static METRIC: Message = Message {
    fields: &[
        ("name", Field::Text),
        ("description", Field::Text),
        ("unit", Field::Text),
        ("gauge", Field::One(&GAUGE)),
        ("sum", Field::One(&SUM)),
        ("metadata", Field::Many(&KEY_VALUE)),
    ],
    one_of: &["gauge", "sum"],
};
static GAUGE: Message = Message { fields: &[("dataPoints", Field::Many(&NUMBER_DATA_POINT))], one_of: &[] };
static SUM: Message = Message {
    fields: &[
        ("dataPoints", Field::Many(&NUMBER_DATA_POINT)),
        ("aggregationTemporality", Field::Number),
        ("isMonotonic", Field::Bool),
    ],
    one_of: &[],
};
static NUMBER_DATA_POINT: Message = Message {
    fields: &[
        ("attributes", Field::Many(&KEY_VALUE)),
        ("startTimeUnixNano", Field::Digits),
        ("timeUnixNano", Field::Digits),
        ("asDouble", Field::Double),
        ("asInt", Field::Digits),
        ("flags", Field::Number),
    ],
    one_of: &["asDouble", "asInt"],
};

/// What of a body the protocol does not have.
pub(super) fn violations(path: &str, body: &Json) -> Vec<String> {
    let (message, lists): (_, &[&str]) = if path.ends_with("/v1/logs") {
        (&LOGS, &["resourceLogs", "scopeLogs", "logRecords"])
    } else if path.ends_with("/v1/metrics") {
        (&METRICS, &["resourceMetrics", "scopeMetrics", "metrics"])
    } else {
        return vec![format!("no such path: {path}")];
    };
    let mut found = Vec::new();
    check_message(body, message, path, &mut found);
    if items(body, lists).is_empty() {
        found.push(format!("{path}: nothing is in it"));
    }
    found
}

fn check_message(json: &Json, message: &Message, at: &str, found: &mut Vec<String>) {
    let Some(object) = json.as_object() else {
        found.push(format!("{at} is no message: {json}"));
        return;
    };
    for (name, value) in object {
        match message.fields.iter().find(|(known, _)| known == name) {
            None => found.push(format!("{at}.{name}")),
            Some((_, field)) => check_field(value, *field, &format!("{at}.{name}"), found),
        }
    }
    if !message.one_of.is_empty() && count(object, message.one_of) != 1 {
        found.push(format!("{at} has not one of {:?}", message.one_of));
    }
}

fn count(object: &Map<String, Json>, names: &[&str]) -> usize {
    names.iter().filter(|name| object.contains_key(**name)).count()
}

fn check_field(value: &Json, field: Field, at: &str, found: &mut Vec<String>) {
    let is_digits = |text: &str| text.parse::<i128>().is_ok();
    let is_fit = match field {
        Field::Text => value.is_string(),
        Field::Bool => value.is_boolean(),
        Field::Digits => value.as_str().is_some_and(is_digits),
        Field::Number => value.as_u64().is_some(),
        Field::Double => value.is_number() || ["NaN", "Infinity", "-Infinity"].iter().any(|word| value == word),
        Field::One(message) => {
            check_message(value, message, at, found);
            true
        }
        Field::Many(message) => {
            for entry in value.as_array().into_iter().flatten() {
                check_message(entry, message, at, found);
            }
            value.is_array()
        }
    };
    if !is_fit {
        found.push(format!("{at} has another form: {value}"));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_the_protocol_does_not_have_is_found() {
        let logs = |record: Json| json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]});
        for (record, expected) in [
            (json!({"timeUnixNano": "1", "body": {"stringValue": "x"}}), 0),
            (json!({"timeUnixNano": 1}), 1),
            (json!({"time_unix_nano": "1"}), 1),
            (json!({"severityNumber": "SEVERITY_NUMBER_INFO"}), 1),
            (json!({"body": {"intValue": 5}}), 1),
            (json!({"body": {"stringValue": "x", "boolValue": true}}), 1),
            (json!({"attributes": [{"name": "x"}]}), 1),
        ] {
            assert_eq!(violations("/v1/logs", &logs(record.clone())).len(), expected, "{record}");
        }
        assert_eq!(violations("/v1/logs", &json!({})).len(), 1);
        assert_eq!(violations("/v1/metric", &json!({})).len(), 1);
    }
}
