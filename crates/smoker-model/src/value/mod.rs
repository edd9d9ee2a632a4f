//! A configured value, typed as PyYAML's safe loader would type it.
//!
//! # Layout
//!
//! - `python_text`: values written the way Python's `str()` and `repr()` write them
//! - `python_json`: JSON as Python writes it
//! - `python_json_reader`: JSON as Python reads it
//! - `value_json`: values and JSON
//! - `secret`: a value that is shown nowhere

pub mod python_json;
pub mod python_json_reader;
pub mod python_text;
pub mod secret;
mod value_json;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime};

use crate::value::secret::Secret;

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
