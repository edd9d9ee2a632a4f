//! Configured values and JSON: writing one as the other, and comparing them.

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use serde_json::Value as Json;

use crate::notation::python_text;
use crate::value::Value;

impl Value {
    /// Whether a value that a client sent as JSON equals this one, as Python's
    /// `==` would see it: 1 equals 1.0, `"1"` does not. Dates compare as the
    /// text that the wire shows.
    #[must_use]
    pub fn equals_json(&self, other: &Json) -> bool {
        match (self, other) {
            (Self::Null, Json::Null) => true,
            // Whole numbers beyond 2^53 would be one with their neighbours as floating-point numbers.
            (Self::Int(whole), Json::Number(number)) if number.as_i128().is_some() => number.as_i128() == Some(*whole),
            (Self::Bool(_) | Self::Int(_) | Self::Float(_), Json::Bool(_) | Json::Number(_)) => {
                self.as_number() == Self::from(other.clone()).as_number()
            }
            (Self::Text(text), Json::String(other)) => text == other,
            (Self::Date(_) | Self::Moment(_) | Self::ZonedMoment(_), Json::String(other)) => {
                self.iso_text().as_deref() == Some(other)
            }
            (Self::List(items), Json::Array(others)) => {
                items.len() == others.len() && items.iter().zip(others).all(|(item, other)| item.equals_json(other))
            }
            (Self::Map(entries), Json::Object(others)) => {
                entries.len() == others.len()
                    && entries.iter().all(|(name, value)| {
                        others.get(&name.json_name()).is_some_and(|other| value.equals_json(other))
                    })
            }
            _ => false,
        }
    }

    /// This value as the name of a JSON object's member.
    #[must_use]
    pub fn json_name(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Bool(value) => value.to_string(),
            Self::Text(text) => text.clone(),
            other => other.iso_text().unwrap_or_else(|| python_text::str(other)),
        }
    }

    /// ISO 8601 text of a date or moment, `None` for other kinds.
    #[must_use]
    pub fn iso_text(&self) -> Option<String> {
        match self {
            Self::Date(date) => Some(date.format("%Y-%m-%d").to_string()),
            Self::Moment(moment) => Some(python_text::moment(moment, 'T')),
            Self::ZonedMoment(moment) => Some(python_text::zoned_moment(moment, 'T')),
            _ => None,
        }
    }
}

impl From<Json> for Value {
    fn from(json: Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Bool(value),
            Json::Number(number) => match number.as_i128() {
                Some(whole) => Self::Int(whole),
                None => Self::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            Json::String(text) => Self::Text(text),
            Json::Array(items) => Self::List(items.into_iter().map(Self::from).collect()),
            Json::Object(members) => {
                Self::Map(members.into_iter().map(|(name, value)| (Self::Text(name), Self::from(value))).collect())
            }
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Int(value) => match i64::try_from(*value) {
                Ok(small) => serializer.serialize_i64(small),
                Err(_) => serializer.serialize_i128(*value),
            },
            Self::Float(value) if value.is_finite() => serializer.serialize_f64(*value),
            Self::Null | Self::Float(_) => serializer.serialize_unit(),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Secret(secret) => secret.serialize(serializer),
            Self::Date(_) | Self::Moment(_) | Self::ZonedMoment(_) => {
                serializer.serialize_str(&self.iso_text().unwrap_or_default())
            }
            Self::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(item)?;
                }
                list.end()
            }
            Self::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (name, value) in entries {
                    map.serialize_entry(&name.json_name(), value)?;
                }
                map.end()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_compare_across_kinds_and_text_does_not() {
        assert!(Value::Int(1).equals_json(&json!(1.0)));
        let large = Value::Int(9_007_199_254_740_993);
        assert!(large.equals_json(&json!(9_007_199_254_740_993_u64)));
        assert!(!large.equals_json(&json!(9_007_199_254_740_992_u64)));
        assert!(Value::Bool(true).equals_json(&json!(1)));
        assert!(!Value::Int(1).equals_json(&json!("1")));
        assert!(!Value::Null.equals_json(&json!(0)));
        assert!(Value::List(vec![Value::Int(1)]).equals_json(&json!([1.0])));
        assert!(!Value::List(vec![Value::Int(1)]).equals_json(&json!([1, 2])));
    }

    #[test]
    fn what_json_lacks_is_written_as_text_or_null() {
        let date = Value::Date(NaiveDate::from_ymd_opt(2024, 1, 2).expect("a valid date"));
        let odd = Value::List(vec![
            date,
            Value::Float(f64::INFINITY),
            Value::Float(2.0),
            Value::Map(vec![
                (Value::Int(2), Value::Null),
                (Value::Bool(true), Value::Null),
                (Value::Null, Value::Null),
                (Value::Float(1.5), Value::Null),
            ]),
        ]);
        assert_eq!(
            serde_json::to_string(&odd).expect("values are serializable"),
            r#"["2024-01-02",null,2.0,{"2":null,"true":null,"null":null,"1.5":null}]"#
        );
    }
}
