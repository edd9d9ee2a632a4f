//! A configured value, typed as PyYAML's safe loader would type it.
//!
//! `secret` is a value that is shown nowhere.

pub mod secret;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime};

use crate::value::secret::{MASK, Secret};

/// One value of the configuration. JSON knows fewer kinds, so the wire shows
/// dates as ISO text, infinity and NaN as null, and the names in mappings as text.
#[derive(Clone, Debug)]
pub enum Value {
    /// `null`, `~` or nothing at all.
    Null,
    /// `true`, `no`, `on`...
    Bool(bool),
    /// A whole number.
    Int(i128),
    /// A number with a fraction or exponent, infinity or NaN.
    Float(f64),
    /// Text.
    Text(String),
    /// Text that `!env` or `!file` gave: everything that shows a value shows a mask in its place.
    Secret(Secret),
    /// A day, such as `2024-01-02`.
    Date(NaiveDate),
    /// A moment without a zone.
    Moment(NaiveDateTime),
    /// A moment with its distance from UTC.
    ZonedMoment(DateTime<FixedOffset>),
    /// A sequence.
    List(Vec<Value>),
    /// A mapping in the order of the file; names may be of any kind.
    Map(Vec<(Value, Value)>),
}

/// Whether two values were configured alike: what is not a number is so again.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(one), Self::Bool(other)) => one == other,
            (Self::Int(one), Self::Int(other)) => one == other,
            (Self::Float(one), Self::Float(other)) => one == other || (one.is_nan() && other.is_nan()),
            (Self::Text(one), Self::Text(other)) => one == other,
            (Self::Secret(one), Self::Secret(other)) => one == other,
            (Self::Date(one), Self::Date(other)) => one == other,
            (Self::Moment(one), Self::Moment(other)) => one == other,
            (Self::ZonedMoment(one), Self::ZonedMoment(other)) => one == other && one.offset() == other.offset(),
            (Self::List(one), Self::List(other)) => one == other,
            (Self::Map(one), Self::Map(other)) => one == other,
            _ => false,
        }
    }
}

impl Value {
    /// The text of a text value.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value as a number, where booleans count as 1 and 0 as they do in Python.
    #[must_use]
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Self::Bool(value) => Some(f64::from(u8::from(*value))),
            #[expect(clippy::cast_precision_loss, reason = "Python compares int and float alike")]
            Self::Int(value) => Some(*value as f64),
            Self::Float(value) => Some(*value),
            _ => None,
        }
    }

    /// What Python's `if value:` would decide.
    #[must_use]
    pub fn is_truthy(&self) -> bool {
        match self {
            Self::Null => false,
            Self::Bool(value) => *value,
            Self::Int(value) => *value != 0,
            Self::Float(value) => *value != 0.0,
            Self::Text(text) => !text.is_empty(),
            Self::Secret(secret) => !secret.expose().is_empty(),
            Self::Date(_) | Self::Moment(_) | Self::ZonedMoment(_) => true,
            Self::List(items) => !items.is_empty(),
            Self::Map(entries) => !entries.is_empty(),
        }
    }

    /// The name of the value's type in Python: `str`, `int`, `NoneType`...
    #[must_use]
    pub fn python_type(&self) -> &'static str {
        match self {
            Self::Null => "NoneType",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float",
            Self::Text(_) | Self::Secret(_) => "str",
            Self::Date(_) => "datetime.date",
            Self::Moment(_) | Self::ZonedMoment(_) => "datetime.datetime",
            Self::List(_) => "list",
            Self::Map(_) => "dict",
        }
    }
}

/// Values with secrets inside: with their texts, for a plugin's processes, and without, for all others.
impl Value {
    /// Whether this is a secret of `!env` or `!file`, or has one inside.
    #[must_use]
    pub fn has_secret(&self) -> bool {
        match self {
            Self::Secret(_) => true,
            Self::List(items) => items.iter().any(Self::has_secret),
            Self::Map(entries) => entries.iter().any(|(_, value)| value.has_secret()),
            _ => false,
        }
    }

    /// The value with the texts of its secrets, as a plugin's processes get it.
    #[must_use]
    pub fn exposed(&self) -> Self {
        self.replacing_secrets(&|secret| Self::Text(secret.expose().to_owned()))
    }

    /// The value with a mask as the text of each secret.
    #[must_use]
    pub fn hidden(&self) -> Self {
        self.replacing_secrets(&|_| Self::Text(MASK.to_owned()))
    }

    /// The text of a text value, also of a secret one: see [`Secret::expose`].
    #[must_use]
    pub fn exposed_text(&self) -> Option<&str> {
        match self {
            Self::Secret(secret) => Some(secret.expose()),
            other => other.as_text(),
        }
    }

    /// The value with what `replace` gives for each secret.
    #[must_use]
    pub fn replacing_secrets(&self, replace: &dyn Fn(&Secret) -> Self) -> Self {
        match self {
            Self::Secret(secret) => replace(secret),
            Self::List(items) => Self::List(items.iter().map(|item| item.replacing_secrets(replace)).collect()),
            Self::Map(entries) => {
                let entries = entries.iter().map(|(name, value)| (name.clone(), value.replacing_secrets(replace)));
                Self::Map(entries.collect())
            }
            other => other.clone(),
        }
    }

    /// Gives each secret to `found`.
    pub fn for_each_tagged(&self, found: &mut dyn FnMut(&Secret)) {
        match self {
            Self::Secret(secret) => found(secret),
            Self::List(items) => items.iter().for_each(|item| item.for_each_tagged(found)),
            Self::Map(entries) => entries.iter().for_each(|(_, value)| value.for_each_tagged(found)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::notation::python_text;

    use crate::value::secret::SecretSource;

    use super::*;

    fn secret(text: &str) -> Value {
        Value::Secret(Secret::new(text, SecretSource::Environment("DB_PASSWORD".to_owned())))
    }

    #[test]
    fn nothing_that_shows_a_value_shows_a_secret() {
        let inner = Value::Map(vec![(Value::Text("pw".to_owned()), Value::List(vec![secret("sesame")]))]);
        for value in [secret("sesame"), inner] {
            let shown = [
                format!("{value:?} {value:#?}"),
                python_text::str(&value),
                python_text::repr(&value),
                value.json_name(),
                serde_json::to_string(&value).expect("JSON"),
                format!("{:?}", value.hidden()),
            ];
            for shown in shown {
                assert!(!shown.contains("sesame"), "{shown}");
            }
            assert!(value.has_secret());
            assert!(python_text::str(&value.exposed()).contains("sesame"));
            assert!(value.as_text().is_none() && !value.exposed().has_secret());
        }
        assert!(!secret("sesame").equals_json(&serde_json::json!("sesame")));
        assert!(!secret("***").equals_json(&serde_json::json!("***")));
    }

    #[test]
    fn a_new_text_is_another_value() {
        assert_eq!(secret("a"), secret("a"));
        assert_ne!(secret("a"), secret("b"));
        assert_ne!(secret("a"), Value::Text("a".to_owned()));
    }
}
