//! When a number counts as bad: `> 90%`, `< 500ms`, `10..20`, `outside 10..20`, and the ranges of monitoring plugins.

use crate::measure::comparison::{Comparison, Limit, Number};
use crate::measure::decimal::Decimal;
use crate::unit::{Unit, plain};

/// A condition on a number.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Condition {
    pub(super) unit: Unit,
    /// Any of these, each of which is all of its comparisons.
    pub(super) any: Vec<Vec<Comparison>>,
}

impl Condition {
    /// Reads a condition on a number of this unit. `never` is one that never holds.
    pub(crate) fn parse(text: &str, unit: Unit) -> Option<Self> {
        let text = text.trim();
        if text.eq_ignore_ascii_case("never") {
            return Some(Self { unit, any: Vec::new() });
        }
        let all =
            |part: &str| -> Option<Vec<_>> { part.split(" and ").map(|text| Comparison::parse(text, unit)).collect() };
        Some(Self { unit, any: text.split(" or ").map(all).collect::<Option<_>>()? })
    }

    /// Whether it is `never`.
    pub(crate) fn is_never(&self) -> bool {
        self.any.is_empty()
    }

    /// Whether it holds.
    pub(crate) fn holds(&self, value: f64) -> bool {
        self.holds_for(&Number::Measured(value))
    }

    /// Whether it holds for a number as it was written, without rounding it.
    pub(crate) fn holds_exactly(&self, number: &Decimal) -> bool {
        self.holds_for(&Number::Exact(number))
    }

    fn holds_for(&self, number: &Number<'_>) -> bool {
        self.any.iter().any(|all| all.iter().all(|comparison| comparison.holds(number)))
    }

    /// What is wanted instead, for messages: the opposite in words.
    pub(crate) fn wanted(&self) -> String {
        let words = |comparison: &Comparison| comparison.wanted(self.unit);
        let each: Vec<_> = self.any.iter().map(|all| all.iter().map(words).collect::<Vec<_>>().join(" or ")).collect();
        each.join(" and ")
    }

    /// The range beyond which monitoring plugins alert; none where it has no such form.
    pub(crate) fn range(&self) -> Option<String> {
        let [all] = self.any.as_slice() else { return None };
        let [one] = all.as_slice() else { return None };
        let show = |limit: &Limit| plain(limit.value, 6);
        Some(match one {
            Comparison::Above(limit) | Comparison::AtLeast(limit) => format!("~:{}", show(limit)),
            Comparison::Below(limit) | Comparison::AtMost(limit) => format!("{}:", show(limit)),
            Comparison::Equal(limit) => format!("@{0}:{0}", show(limit)),
            Comparison::Unequal(limit) => format!("{0}:{0}", show(limit)),
            Comparison::Inside(low, high) => format!("@{}:{}", show(low), show(high)),
            Comparison::Outside(low, high) => {
                let low = if low.value.is_finite() { show(low) } else { "~".to_owned() };
                let high = if high.value.is_finite() { show(high) } else { String::new() };
                format!("{low}:{high}")
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(text: &str, unit: Unit, value: f64) -> bool {
        Condition::parse(text, unit).unwrap_or_else(|| panic!("{text} is no condition")).holds(value)
    }

    #[test]
    fn comparisons_and_ranges_hold_where_they_say() {
        let number = |text: &str, value| holds(text, Unit::Number, value);
        assert!(number("> 4", 4.1) && !number("> 4", 4.0) && number(">= 4", 4.0) && number(">=4", 5.0));
        assert!(number("< 4", 3.9) && !number("< 4", 4.0) && number("<= 4", 4.0));
        assert!(number("== 4", 4.0) && number("= 4", 4.0) && number("!= 4", 5.0) && !number("!= 4", 4.0));
        assert!(number("10..20", 10.0) && number("10..20", 20.0) && !number("10..20", 9.9));
        assert!(number("outside 10..20", 9.9) && !number("outside 10..20", 15.0));
        assert!(number("10:20", 9.9) && !number("10:20", 15.0) && number("@10:20", 15.0));
        assert!(number("10", 10.1) && number("10", -1.0) && !number("10", 3.0));
        assert!(number("10:", 9.0) && !number("10:", 1e9) && number("~:10", 11.0) && !number("~:10", -5.0));
        assert!(number("< 5 or > 9", 4.0) && number("< 5 or > 9", 10.0) && !number("< 5 or > 9", 7.0));
        assert!(number("> 5 and < 9", 7.0) && !number("> 5 and < 9", 10.0));
        assert!(!number("never", 1e9) && !number("Never", -1e9));
        assert!(holds("> 90%", Unit::Percent, 91.0) && holds("80..90%", Unit::Percent, 85.0));
        assert!(holds("> 500ms", Unit::Seconds, 0.6) && !holds("100..500ms", Unit::Seconds, 0.6));
        assert!(holds("< 5G", Unit::Bytes, 1.0) && holds("< 14d", Unit::Days, 86_400.0));
    }

    #[test]
    fn what_is_no_condition_is_refused() {
        for text in [
            "",
            "high",
            ">",
            "> x",
            "20..10",
            "20:10",
            "> 5 or",
            "outside 5",
            "inside",
            "@",
            ":",
            "> 5 6",
            "5..",
            "> 1e",
        ] {
            assert_eq!(Condition::parse(text, Unit::Number), None, "{text}");
        }
        assert_eq!(Condition::parse("> 5G", Unit::Percent), None);
    }

    #[test]
    fn the_opposite_is_what_is_wanted() {
        let wanted = |text: &str, unit| Condition::parse(text, unit).expect("a condition").wanted();
        assert_eq!(wanted("> 90%", Unit::Percent), "at most 90%");
        assert_eq!(wanted("< 5G", Unit::Bytes), "at least 5 GiB");
        assert_eq!(wanted("!= 3", Unit::Number), "3");
        assert_eq!(wanted("10:20", Unit::Number), "10 to 20");
        assert_eq!(wanted("~:10", Unit::Number), "at most 10");
        assert_eq!(wanted("< 5 or > 9", Unit::Number), "at least 5 and at most 9");
        assert_eq!(wanted("> 5 and < 9", Unit::Number), "at most 5 or at least 9");
    }

    #[test]
    fn ranges_of_performance_data_say_the_same() {
        let range = |text: &str| Condition::parse(text, Unit::Number).expect("a condition").range();
        for (text, expected) in
            [("> 5", "~:5"), ("< 5", "5:"), ("5..6", "@5:6"), ("outside 5..6", "5:6"), ("10", "0:10"), ("10:", "10:")]
        {
            assert_eq!(range(text).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(range("< 5 or > 9"), None);
        assert_eq!(range("never"), None);
    }

    #[test]
    fn whole_numbers_of_any_size_are_compared_without_rounding() {
        let holds = |text: &str, number: &str| {
            let condition = Condition::parse(text, Unit::Number).expect("a condition");
            condition.holds_exactly(&Decimal::parse(number).expect("a number"))
        };
        for (text, number, expected) in [
            ("> 9007199254740992", "9007199254740993", true),
            ("<= 9007199254740992", "9007199254740993", false),
            ("== 9007199254740993", "9007199254740992", false),
            ("!= 9007199254740993", "9007199254740992", true),
            ("9007199254740993..9007199254740993", "9007199254740992", false),
            ("@9007199254740993:", "9007199254740992", false),
            ("== 18446744073709551617", "18446744073709551617.0", true),
            ("> 5", "1e400", true),
            ("== 0.1", "0.1000", true),
            ("== 0.3", "0.30000000000000004", true),
            ("> 0.1", "0.10000000000000000001", true),
            ("< 0", "-0", false),
        ] {
            assert_eq!(holds(text, number), expected, "{number} {text}");
        }
        let large = Condition::parse("> 9007199254740993", Unit::Number).expect("a condition");
        assert_eq!(large.wanted(), "at most 9007199254740993");
    }
}
