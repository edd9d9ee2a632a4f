//! Parameters of a plugin for which a forced run may be given values (`Parameters`).

use serde_json::Value as Json;

use crate::notation::python_text;
use crate::value::Value;
use crate::value::secret::{Secret, SecretSource};

/// A value longer than this, in bytes, is refused.
pub const LONGEST_VALUE: usize = 4096;

/// What values a forced run may give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunParameter {
    /// Of which type they are.
    pub kind: ValueKind,
    /// What the whole of them has to match, as a regular expression that `smoker-config` has compiled once; none: any value of
    /// the type. A text has one always.
    pub pattern: Option<String>,
    /// Whether they are shown nowhere.
    pub is_secret: bool,
}

/// The type of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// Text.
    Text,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// True or false.
    Boolean,
}

impl ValueKind {
    /// All of them with their names in the configuration.
    pub const ALL: [(Self, &'static str); 4] =
        [(Self::Text, "text"), (Self::Integer, "integer"), (Self::Number, "number"), (Self::Boolean, "boolean")];

    /// Its name in the configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.into_iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }

    /// Reads a value of JSON, or a text that writes one.
    fn read(self, value: &Json) -> Option<Value> {
        match (self, value) {
            (Self::Text, Json::String(text)) => Some(Value::Text(text.clone())),
            // A command line has no types.
            (Self::Text, Json::Number(number)) => Some(Value::Text(number.to_string())),
            (Self::Integer, Json::Number(number)) => number.as_i64().map(|number| Value::Int(number.into())),
            (Self::Integer, Json::String(text)) => text.parse::<i64>().ok().map(|number| Value::Int(number.into())),
            (Self::Number, Json::Number(number)) => {
                let whole = number.as_i64().map(|number| Value::Int(number.into()));
                whole.or_else(|| number.as_f64().map(Value::Float))
            }
            (Self::Number, Json::String(text)) => {
                let whole = text.parse::<i64>().ok().map(|number| Value::Int(number.into()));
                whole.or_else(|| text.parse().ok().filter(|number: &f64| number.is_finite()).map(Value::Float))
            }
            (Self::Boolean, Json::Bool(value)) => Some(Value::Bool(*value)),
            (Self::Boolean, Json::String(text)) => text.parse().ok().map(Value::Bool),
            _ => None,
        }
    }
}

impl RunParameter {
    /// Reads a value that a client gives. `is_match` says whether a text as a whole matches a pattern.
    ///
    /// # Errors
    ///
    /// What it has to be; never the value, which may be secret.
    pub fn read(&self, value: &Json, is_match: impl Fn(&str, &str) -> bool) -> Result<Value, String> {
        let wanted = || match &self.pattern {
            Some(pattern) => format!("has to be {} and match {pattern} as a whole", self.described()),
            None => format!("has to be {}", self.described()),
        };
        let read = self.kind.read(value).ok_or_else(wanted)?;
        let text = match value {
            Json::String(text) => text.clone(),
            _ => python_text::str(&read),
        };
        if text.len() > LONGEST_VALUE {
            return Err(format!("has more than {LONGEST_VALUE} bytes"));
        }
        if text.contains('\0') || self.pattern.as_ref().is_some_and(|pattern| !is_match(pattern, &text)) {
            return Err(wanted());
        }
        Ok(if self.is_secret { Value::Secret(Secret::new(&text, SecretSource::Request)) } else { read })
    }

    fn described(&self) -> &'static str {
        match self.kind {
            ValueKind::Text => "text",
            ValueKind::Integer => "a whole number",
            ValueKind::Number => "a number",
            ValueKind::Boolean => "true or false",
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(kind: ValueKind, value: &Json) -> Result<Value, String> {
        let pattern = (kind == ValueKind::Text).then(|| "db[0-9]".to_owned());
        RunParameter { kind, pattern, is_secret: false }
            .read(value, |_, text| text.starts_with("db") && text.len() == 3)
    }

    #[test]
    fn values_are_of_their_type_also_as_texts() {
        assert_eq!(read(ValueKind::Text, &json!("db1")), Ok(Value::Text("db1".to_owned())));
        for value in [json!(5), json!("5")] {
            assert_eq!(read(ValueKind::Integer, &value), Ok(Value::Int(5)));
            assert_eq!(read(ValueKind::Number, &value), Ok(Value::Int(5)));
        }
        assert_eq!(read(ValueKind::Number, &json!("0.5")), Ok(Value::Float(0.5)));
        assert_eq!(read(ValueKind::Boolean, &json!("true")), Ok(Value::Bool(true)));
        for (kind, value) in [
            (ValueKind::Text, json!("db1; rm")),
            (ValueKind::Text, json!(["db1"])),
            (ValueKind::Text, json!(null)),
            (ValueKind::Integer, json!(1.5)),
            (ValueKind::Integer, json!("0x10")),
            (ValueKind::Number, json!("inf")),
            (ValueKind::Boolean, json!(1)),
        ] {
            assert!(read(kind, &value).is_err(), "{value}");
        }
    }

    #[test]
    fn a_secret_value_is_never_shown() {
        let parameter = RunParameter { kind: ValueKind::Text, pattern: Some("x".to_owned()), is_secret: true };
        let value = parameter.read(&json!("hidden"), |_, _| true).expect("a value");
        assert!(!format!("{value:?}").contains("hidden") && value.exposed_text() == Some("hidden"));
        assert!(!parameter.read(&json!("hidden"), |_, _| false).expect_err("no match").contains("hidden"));
    }
}
