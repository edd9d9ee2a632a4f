//! The messages of the protocol that are sent, by their names in JSON (the JSON mapping of protobuf, lowerCamelCase; numbers of
//! 64 bits are texts).

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer};

use crate::os::host_name;

/// `KeyValue`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct KeyValue {
    key: Cow<'static, str>,
    value: AnyValue,
}

/// `AnyValue`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) enum AnyValue {
    #[serde(rename = "stringValue")]
    Text(String),
    #[serde(rename = "boolValue")]
    Bool(bool),
    #[serde(rename = "intValue")]
    Int(Digits),
    #[serde(rename = "doubleValue")]
    Double(Double),
}

/// A number of 64 bits, as a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Digits(pub(super) i128);

/// A number that JSON may not have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Double(pub(super) f64);

/// `Resource`: the daemon.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Resource {
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
pub(super) struct LogRecord {
    pub(super) time_unix_nano: Digits,
    pub(super) observed_time_unix_nano: Digits,
    pub(super) severity_number: u8,
    pub(super) severity_text: &'static str,
    pub(super) body: AnyValue,
    pub(super) attributes: Vec<KeyValue>,
}

/// `Metric`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Metric {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) unit: &'static str,
    #[serde(flatten)]
    pub(super) data: Data,
}

/// What the numbers of a metric are.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(super) enum Data {
    Gauge { data_points: Vec<NumberDataPoint> },
    Sum { aggregation_temporality: u8, is_monotonic: bool, data_points: Vec<NumberDataPoint> },
}

/// `AGGREGATION_TEMPORALITY_CUMULATIVE`.
pub(super) const CUMULATIVE: u8 = 2;

/// `NumberDataPoint`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NumberDataPoint {
    pub(super) attributes: Vec<KeyValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) start_time_unix_nano: Option<Digits>,
    pub(super) time_unix_nano: Digits,
    #[serde(flatten)]
    pub(super) value: Number,
}

/// The number of a data point.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Number {
    AsDouble(Double),
    AsInt(Digits),
}

impl KeyValue {
    /// An attribute.
    pub(super) fn new(key: impl Into<Cow<'static, str>>, value: AnyValue) -> Self {
        Self { key: key.into(), value }
    }

    /// An attribute with a text.
    pub(super) fn text(key: impl Into<Cow<'static, str>>, value: &str) -> Self {
        Self::new(key, AnyValue::Text(value.to_owned()))
    }
}

impl Digits {
    /// A time in nanoseconds since 1970; 0, which means unknown, for one that the protocol has no number for.
    pub(super) fn of_time(time: DateTime<Utc>) -> Self {
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
    /// This daemon at this moment; `instance` tells it from others of this host.
    pub(super) fn of_daemon(instance: &str) -> Self {
        let host = host_name::host_name();
        let attributes = vec![
            KeyValue::text("service.name", SCOPE.name),
            KeyValue::text("service.version", SCOPE.version),
            KeyValue::text("service.instance.id", &format!("{host}/{instance}")),
            KeyValue::text("host.name", &host),
        ];
        Self { attributes }
    }

    /// `ExportLogsServiceRequest`.
    pub(super) fn logs(&self, records: &[LogRecord]) -> String {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Request<'a> {
            resource_logs: [ResourceLogs<'a>; 1],
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
        let scope_logs = [ScopeLogs { scope: SCOPE, log_records: records }];
        text(&Request { resource_logs: [ResourceLogs { resource: self, scope_logs }] })
    }

    /// `ExportMetricsServiceRequest`.
    pub(super) fn metrics(&self, metrics: &[Metric]) -> String {
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
