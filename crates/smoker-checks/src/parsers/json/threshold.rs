//! Ranges as monitoring plugins have them
//! (<https://www.monitoring-plugins.org/doc/guidelines.html#THRESHOLDFORMAT>).

use std::fmt;

use serde_json::Value as Json;

use crate::measure::condition::Condition;
use crate::measure::coverage::are_covered;
use crate::measure::decimal::Decimal;
use crate::parameters::{scalar_text, wrong};
use crate::unit::Unit;

/// A range and whether numbers inside or outside of it alert.
#[derive(Clone, Debug)]
pub(crate) struct Threshold {
    text: String,
    /// None for no end.
    low: Option<Decimal>,
    high: Option<Decimal>,
    /// Written with `@`.
    alerts_inside: bool,
}

impl Threshold {
    /// Reads the range that the parameter `name` gives; one that never alerts when there is none.
    ///
    /// `10` alerts below 0 and above 10, `10:` below 10, `~:10` above 10,
    /// `10:20` outside and `@10:20` inside.
    pub(crate) fn of(name: &str, value: Option<&Json>) -> Result<Self, String> {
        match value {
            None | Some(Json::Null) => Ok(Self { text: String::new(), low: None, high: None, alerts_inside: false }),
            Some(value) => {
                let range = scalar_text(value).and_then(|text| Self::parse(&text));
                range.ok_or_else(|| wrong(name, "a number or a range such as 10:20", value))
            }
        }
    }

    /// Whether this number is to be reported.
    pub(crate) fn alerts(&self, number: &Decimal) -> bool {
        let is_inside =
            self.low.as_ref().is_none_or(|low| number >= low) && self.high.as_ref().is_none_or(|high| number <= high);
        is_inside == self.alerts_inside
    }

    /// Whether each number that this one reports is one that the other reports, and there are such numbers.
    pub(crate) fn is_covered_by(&self, other: &Self) -> bool {
        let condition = |range: &Self| Condition::parse(&range.text, Unit::Number);
        let (Some(own), Some(other)) = (condition(self), condition(other)) else { return false };
        are_covered(&[&own], &[&other])
    }

    fn parse(text: &str) -> Option<Self> {
        let (range, alerts_inside) = match text.strip_prefix('@') {
            Some(range) => (range, true),
            None => (text, false),
        };
        let (low, high) = range.split_once(':').unwrap_or(("0", range));
        let low = if low == "~" { None } else { Some(Decimal::parse(low)?) };
        let high = if high.is_empty() && range.contains(':') { None } else { Some(Decimal::parse(high)?) };
        let is_range = low.as_ref().zip(high.as_ref()).is_none_or(|(low, high)| low <= high);
        is_range.then(|| Self { text: text.to_owned(), low, high, alerts_inside })
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_alert_as_in_the_guidelines() {
        let alerts_for = |range: &str, number: &str| {
            Threshold::parse(range).expect("a range").alerts(&Decimal::parse(number).expect("a number"))
        };
        let alerts = |range: &str, number: f64| alerts_for(range, &number.to_string());
        assert!(alerts_for("~:9007199254740992", "9007199254740993"), "nothing is rounded");
        assert!(alerts("10", 10.1) && alerts("10", -0.1) && !alerts("10", 0.0) && !alerts("10", 10.0));
        assert!(alerts("10:", 9.9) && !alerts("10:", 1e9));
        assert!(alerts("~:10", 10.1) && !alerts("~:10", -1e9));
        assert!(alerts("10:20", 9.9) && alerts("10:20", 20.1) && !alerts("10:20", 15.0));
        assert!(!alerts("@10:20", 9.9) && alerts("@10:20", 10.0) && !alerts("@10:20", 20.1));
        for text in ["", ":", "a", "1:a", "20:10", "@", "nan", "inf:"] {
            assert!(Threshold::parse(text).is_none(), "{text}");
        }
    }
}
