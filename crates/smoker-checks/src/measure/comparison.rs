//! One comparison of a condition: which numbers it holds for, and how it is written and said.

use std::cmp::Ordering;

use crate::measure::decimal::Decimal;
use crate::unit::Unit;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Comparison {
    Above(Limit),
    AtLeast(Limit),
    Below(Limit),
    AtMost(Limit),
    Equal(Limit),
    Unequal(Limit),
    Inside(Limit, Limit),
    Outside(Limit, Limit),
}

/// The end of what a comparison accepts.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Limit {
    pub(super) value: f64,
    /// As it is written, for a number without a unit.
    exact: Option<Decimal>,
}

/// Up to this size each whole number is a floating-point number.
pub(crate) const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;

impl Limit {
    const LOWEST: Self = Self { value: f64::NEG_INFINITY, exact: None };
    const HIGHEST: Self = Self { value: f64::INFINITY, exact: None };

    fn read(text: &str, unit: Unit) -> Option<Self> {
        let value = unit.read(text)?;
        Some(Self { value, exact: if unit == Unit::Number { Decimal::parse(text.trim()) } else { None } })
    }

    /// How a number compares with it: digit by digit where both are as they were written.
    fn order_of(&self, number: &Number<'_>) -> Ordering {
        match (number, &self.exact) {
            (Number::Exact(number), Some(exact)) => (*number).cmp(exact),
            (number, _) => number.value().partial_cmp(&self.value).unwrap_or(Ordering::Less),
        }
    }

    /// Whether a number is this one: a whole one digit by digit, another as far as a configuration can write it.
    fn is(&self, number: &Number<'_>) -> bool {
        match (number, &self.exact) {
            (Number::Exact(number), Some(exact)) if number.is_whole() && exact.is_whole() => *number == exact,
            (number, _) => is_same(number.value(), self.value),
        }
    }
}

/// A number that is compared.
pub(super) enum Number<'a> {
    Measured(f64),
    /// As it was written.
    Exact(&'a Decimal),
}

impl Number<'_> {
    fn value(&self) -> f64 {
        match self {
            Self::Measured(value) => *value,
            Self::Exact(number) => number.nearest(),
        }
    }
}

impl Comparison {
    /// Reads one: `> 5`, `10..20`, or a range of monitoring plugins.
    pub(super) fn parse(text: &str, unit: Unit) -> Option<Self> {
        type Make = fn(Limit) -> Comparison;
        const SIGNS: [(&str, Make); 7] = [
            (">=", Comparison::AtLeast),
            ("<=", Comparison::AtMost),
            ("==", Comparison::Equal),
            ("!=", Comparison::Unequal),
            (">", Comparison::Above),
            ("<", Comparison::Below),
            ("=", Comparison::Equal),
        ];
        let text = text.trim();
        if let Some((sign, make)) = SIGNS.iter().find(|(sign, _)| text.starts_with(sign)) {
            return Limit::read(&text[sign.len()..], unit).map(make);
        }
        let (words, is_outside) = match text.strip_prefix("outside ") {
            Some(rest) => (rest, true),
            None => (text.strip_prefix("inside ").unwrap_or(text), false),
        };
        if let Some((low, high)) = words.split_once("..") {
            let (low, high) = (read_low(low, high, unit)?, Limit::read(high, unit)?);
            let make = if is_outside { Self::Outside } else { Self::Inside };
            return (low.value <= high.value).then(|| make(low, high));
        }
        if is_outside || words.len() < text.len() {
            return None;
        }
        Self::of_monitoring_plugins(text, unit)
    }

    /// `10` alerts below 0 and above 10, `10:` below 10, `~:10` above 10, `10:20` outside and `@10:20` inside
    /// (<https://www.monitoring-plugins.org/doc/guidelines.html#THRESHOLDFORMAT>).
    fn of_monitoring_plugins(text: &str, unit: Unit) -> Option<Self> {
        let (range, is_inside) = match text.strip_prefix('@') {
            Some(range) => (range, true),
            None => (text, false),
        };
        let (low, high) = match range.split_once(':') {
            Some(("~", high)) => (Limit::LOWEST, Limit::read(high, unit)?),
            Some((low, "")) => (Limit::read(low, unit)?, Limit::HIGHEST),
            Some((low, high)) => (read_low(low, high, unit)?, Limit::read(high, unit)?),
            None => (Limit::read("0", unit)?, Limit::read(range, unit)?),
        };
        let make = if is_inside { Self::Inside } else { Self::Outside };
        (low.value <= high.value).then(|| make(low, high))
    }

    /// Whether it holds for a number.
    pub(super) fn holds(&self, number: &Number<'_>) -> bool {
        let is_inside = |low: &Limit, high: &Limit| low.order_of(number).is_ge() && high.order_of(number).is_le();
        match self {
            Self::Above(limit) => limit.order_of(number).is_gt(),
            Self::AtLeast(limit) => limit.order_of(number).is_ge(),
            Self::Below(limit) => limit.order_of(number).is_lt(),
            Self::AtMost(limit) => limit.order_of(number).is_le(),
            Self::Equal(limit) => limit.is(number),
            Self::Unequal(limit) => !limit.is(number),
            Self::Inside(low, high) => is_inside(low, high),
            Self::Outside(low, high) => !is_inside(low, high),
        }
    }

    /// Its ends; those of a range without an end are infinite.
    pub(super) fn limits(&self) -> Vec<f64> {
        match self {
            Self::Above(limit)
            | Self::AtLeast(limit)
            | Self::Below(limit)
            | Self::AtMost(limit)
            | Self::Equal(limit)
            | Self::Unequal(limit) => vec![limit.value],
            Self::Inside(low, high) | Self::Outside(low, high) => vec![low.value, high.value],
        }
    }

    /// What is wanted instead, for messages: the opposite in words.
    pub(super) fn wanted(&self, unit: Unit) -> String {
        let show = |limit: &Limit| match &limit.exact {
            // From here on a floating-point number may be a neighbour of the whole one.
            Some(exact) if limit.value.abs() >= LARGEST_EXACT => exact.to_string(),
            _ => unit.show(limit.value),
        };
        match self {
            Self::Above(limit) => format!("at most {}", show(limit)),
            Self::AtLeast(limit) => format!("less than {}", show(limit)),
            Self::Below(limit) => format!("at least {}", show(limit)),
            Self::AtMost(limit) => format!("more than {}", show(limit)),
            Self::Equal(limit) => format!("other than {}", show(limit)),
            Self::Unequal(limit) => show(limit),
            Self::Inside(low, high) => format!("outside of {} to {}", show(low), show(high)),
            Self::Outside(low, high) if low.value.is_infinite() => format!("at most {}", show(high)),
            Self::Outside(low, high) if high.value.is_infinite() => format!("at least {}", show(low)),
            Self::Outside(low, high) => format!("{} to {}", show(low), show(high)),
        }
    }
}

/// The lower end of a range, which may leave its unit to the upper one: `80..90%`.
fn read_low(low: &str, high: &str, unit: Unit) -> Option<Limit> {
    let is_bare = !low.trim().ends_with(|c: char| c.is_alphabetic() || c == '%');
    let suffix = high.trim().trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+'));
    if is_bare { Limit::read(&format!("{}{suffix}", low.trim()), unit) } else { Limit::read(low, unit) }
}

/// Whether two numbers are one as far as a configuration can write them.
fn is_same(one: f64, other: f64) -> bool {
    (one - other).abs() <= f64::EPSILON * one.abs().max(other.abs()).max(1.0)
}
