//! When two names in a mapping are the same.

use chrono::{NaiveDate, NaiveDateTime};
use smoker_model::value::Value;

/// A name reduced to what Python compares, where 1, 1.0 and true are one name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum KeyId {
    Null,
    Whole(i128),
    Fraction(u64),
    Text(String),
    Date(NaiveDate),
    Moment(NaiveDateTime),
    Instant(NaiveDateTime),
}

impl KeyId {
    /// The identity of a name; `None` for lists, mappings and secrets, which cannot be names.
    pub(crate) fn of(name: &Value) -> Option<Self> {
        Some(match name {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Whole(i128::from(*value)),
            Value::Int(value) => Self::Whole(*value),
            Value::Float(value) => whole(*value).map_or(Self::Fraction(value.to_bits()), Self::Whole),
            Value::Text(text) => Self::Text(text.clone()),
            Value::Date(date) => Self::Date(*date),
            Value::Moment(moment) => Self::Moment(*moment),
            Value::ZonedMoment(moment) => Self::Instant(moment.naive_utc()),
            Value::List(_) | Value::Map(_) | Value::Secret(_) => return None,
        })
    }
}

/// The whole number that a float is equal to.
fn whole(value: f64) -> Option<i128> {
    /// Below this every float without a fraction is an exact `i128`.
    const EXACT: f64 = 1e38;
    #[expect(clippy::cast_possible_truncation, reason = "in range and without a fraction")]
    (value.fract() == 0.0 && value.abs() < EXACT).then_some(value as i128)
}
