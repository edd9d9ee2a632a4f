//! The messages of the protocol that are sent, by their names in JSON (the JSON mapping of protobuf, lowerCamelCase; numbers of
//! 64 bits are texts).

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer};

/// `KeyValue`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KeyValue {
    key: Cow<'static, str>,
    value: AnyValue,
}

/// `AnyValue`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum AnyValue {
    /// A text.
    #[serde(rename = "stringValue")]
    Text(String),
    /// True or false.
    #[serde(rename = "boolValue")]
    Bool(bool),
    /// A whole number.
    #[serde(rename = "intValue")]
    Int(Digits),
    /// Any other number.
    #[serde(rename = "doubleValue")]
    Double(Double),
}

/// A number of 64 bits, as a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digits(
    /// The number.
    pub i128,
);

/// A number that JSON may not have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Double(
    /// The number.
    pub f64,
);

/// `Resource`: a daemon.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Resource {
    attributes: Vec<KeyValue>,
}

/// `InstrumentationScope`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
struct Scope {
    name: &'static str,
    version: &'static str,
}

const SCOPE: Scope = Scope { name: "smokerd", version: env!("CARGO_PKG_VERSION") };

/// `LogRecord`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogRecord {
    /// When it happened, in nanoseconds since 1970.
    pub time_unix_nano: Digits,
    /// When it was noticed, in the same.
    pub observed_time_unix_nano: Digits,
    /// `SeverityNumber`.
    pub severity_number: u8,
    /// The severity as the source calls it.
    pub severity_text: &'static str,
    /// What it says.
    pub body: AnyValue,
    /// What else is known of it.
    pub attributes: Vec<KeyValue>,
}

/// `Metric`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Metric {
    /// Its name.
    pub name: String,
    /// What it means.
    pub description: String,
    /// The unit of its numbers (UCUM).
    pub unit: &'static str,
    /// Its numbers.
    #[serde(flatten)]
    pub data: Data,
}

/// What the numbers of a metric are.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Data {
    /// Numbers as they are at a moment.
    Gauge {
        /// The numbers.
        data_points: Vec<NumberDataPoint>,
    },
    /// Numbers that add up.
    Sum {
        /// Since when they add up, as [`CUMULATIVE`].
        aggregation_temporality: u8,
        /// Whether they never become smaller.
        is_monotonic: bool,
        /// The numbers.
        data_points: Vec<NumberDataPoint>,
    },
}

/// `AGGREGATION_TEMPORALITY_CUMULATIVE`.
pub const CUMULATIVE: u8 = 2;

/// `NumberDataPoint`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NumberDataPoint {
    /// Its labels.
    pub attributes: Vec<KeyValue>,
    /// Since when it adds up, in nanoseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time_unix_nano: Option<Digits>,
    /// Of when it is, in the same.
    pub time_unix_nano: Digits,
    /// Its number.
    #[serde(flatten)]
    pub value: Number,
}

/// The number of a data point.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Number {
    /// Any number.
    AsDouble(Double),
    /// A whole number.
    AsInt(Digits),
}

impl KeyValue {
    /// An attribute.
    #[must_use]
    pub fn new(key: impl Into<Cow<'static, str>>, value: AnyValue) -> Self {
        Self { key: key.into(), value }
    }

    /// An attribute with a text.
    #[must_use]
    pub fn text(key: impl Into<Cow<'static, str>>, value: &str) -> Self {
        Self::new(key, AnyValue::Text(value.to_owned()))
    }
}

impl Digits {
    /// A time in nanoseconds since 1970; 0, which means unknown, for one that the protocol has no number for.
    #[must_use]
    pub fn of_time(time: DateTime<Utc>) -> Self {
        Self(time.timestamp_nanos_opt().map_or(0, |nanos| i128::from(nanos.max(0))))
    }
}

impl Serialize for Digits {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl Serialize for Double {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            number if number.is_finite() => serializer.serialize_f64(number),
            number if number.is_nan() => serializer.serialize_str("NaN"),
            number if number > 0.0 => serializer.serialize_str("Infinity"),
            _ => serializer.serialize_str("-Infinity"),
        }
    }
}

impl Resource {
    /// A daemon of this version on a host of this name; `instance` tells it from others of the host.
    #[must_use]
    pub fn of_daemon(host: &str, instance: &str) -> Self {
        let attributes = vec![
            KeyValue::text("service.name", SCOPE.name),
            KeyValue::text("service.version", SCOPE.version),
            KeyValue::text("service.instance.id", &format!("{host}/{instance}")),
            KeyValue::text("host.name", host),
        ];
        Self { attributes }
    }

    /// A daemon of which the name of its host alone is known.
    #[must_use]
    pub fn of_host(host: &str) -> Self {
        let attributes = vec![
            KeyValue::text("service.name", SCOPE.name),
            KeyValue::text("service.instance.id", host),
            KeyValue::text("host.name", host),
        ];
        Self { attributes }
    }

    /// `ExportMetricsServiceRequest`.
    #[must_use]
    pub fn metrics(&self, metrics: &[Metric]) -> String {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Request<'a> {
            resource_metrics: [ResourceMetrics<'a>; 1],
        }
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct ResourceMetrics<'a> {
            resource: &'a Resource,
            scope_metrics: [ScopeMetrics<'a>; 1],
        }
        #[derive(Serialize)]
        struct ScopeMetrics<'a> {
            scope: Scope,
            metrics: &'a [Metric],
        }
        let scope_metrics = [ScopeMetrics { scope: SCOPE, metrics }];
        text(&Request { resource_metrics: [ResourceMetrics { resource: self, scope_metrics }] })
    }
}

/// `ExportLogsServiceRequest`: the records of each resource.
#[must_use]
pub fn logs(groups: &[(Resource, Vec<LogRecord>)]) -> String {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Request<'a> {
        resource_logs: Vec<ResourceLogs<'a>>,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct ResourceLogs<'a> {
        resource: &'a Resource,
        scope_logs: [ScopeLogs<'a>; 1],
    }
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct ScopeLogs<'a> {
        scope: Scope,
        log_records: &'a [LogRecord],
    }
    let resource_logs = groups.iter().map(|(resource, records)| ResourceLogs {
        resource,
        scope_logs: [ScopeLogs { scope: SCOPE, log_records: records }],
    });
    text(&Request { resource_logs: resource_logs.collect() })
}

fn text(message: &impl Serialize) -> String {
    // Texts and numbers only, so it cannot fail.
    serde_json::to_string(message).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_have_the_forms_of_the_protocol() {
        assert_eq!(json!(Digits(i128::from(u64::MAX))), json!("18446744073709551615"));
        for (number, expected) in [
            (0.25, json!(0.25)),
            (f64::NAN, json!("NaN")),
            (f64::INFINITY, json!("Infinity")),
            (f64::NEG_INFINITY, json!("-Infinity")),
        ] {
            assert_eq!(json!(AnyValue::Double(Double(number))), json!({"doubleValue": expected}));
        }
        assert_eq!(json!(AnyValue::Int(Digits(5))), json!({"intValue": "5"}));
        assert_eq!(Digits::of_time(DateTime::<Utc>::MAX_UTC), Digits(0));
    }

    #[test]
    fn a_sum_has_the_names_of_the_protocol() {
        let point = NumberDataPoint {
            attributes: vec![KeyValue::text("plugin", "a")],
            start_time_unix_nano: Some(Digits(1)),
            time_unix_nano: Digits(2),
            value: Number::AsInt(Digits(3)),
        };
        let data = Data::Sum { aggregation_temporality: CUMULATIVE, is_monotonic: true, data_points: vec![point] };
        let metric = Metric { name: "n".to_owned(), description: "d".to_owned(), unit: "s", data };
        let expected = json!({
            "name": "n", "description": "d", "unit": "s",
            "sum": {"aggregationTemporality": 2, "isMonotonic": true, "dataPoints": [{
                "attributes": [{"key": "plugin", "value": {"stringValue": "a"}}],
                "startTimeUnixNano": "1", "timeUnixNano": "2", "asInt": "3",
            }]},
        });
        assert_eq!(json!(metric), expected);
    }
}
