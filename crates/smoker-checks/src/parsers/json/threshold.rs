//! Ranges as monitoring plugins have them
//! (<https://www.monitoring-plugins.org/doc/guidelines.html#THRESHOLDFORMAT>).

use std::fmt;

use serde_json::Value as Json;

use crate::parameters::{scalar_text, wrong};

/// A range and whether numbers inside or outside of it alert.
#[derive(Clone, Debug)]
pub(crate) struct Threshold {
    text: String,
    low: f64,
    high: f64,
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
            None | Some(Json::Null) => {
                Ok(Self { text: String::new(), low: f64::NEG_INFINITY, high: f64::INFINITY, alerts_inside: false })
            }
            Some(value) => {
                let range = scalar_text(value).and_then(|text| Self::parse(&text));
                range.ok_or_else(|| wrong(name, "a number or a range such as 10:20", value))
            }
        }
    }

    /// Whether this number is to be reported.
    pub(crate) fn alerts(&self, number: f64) -> bool {
        (self.low..=self.high).contains(&number) == self.alerts_inside
    }

    fn parse(text: &str) -> Option<Self> {
        let (range, alerts_inside) = match text.strip_prefix('@') {
            Some(range) => (range, true),
            None => (text, false),
        };
        let number = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite());
        let (low, high) = range.split_once(':').unwrap_or(("0", range));
        let low = if low == "~" { f64::NEG_INFINITY } else { number(low)? };
        let high = if high.is_empty() && range.contains(':') { f64::INFINITY } else { number(high)? };
        (low <= high).then(|| Self { text: text.to_owned(), low, high, alerts_inside })
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
        let alerts = |range: &str, number| Threshold::parse(range).expect("a range").alerts(number);
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
