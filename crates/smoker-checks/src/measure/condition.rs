//! When a number counts as bad: `> 90%`, `< 500ms`, `10..20`, `outside 10..20`, and the ranges of monitoring plugins.

use std::cmp::Ordering;

use crate::measure::decimal::Decimal;
use crate::unit::{Unit, plain};

/// A condition on a number.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Condition {
    unit: Unit,
    /// Any of these, each of which is all of its comparisons.
    any: Vec<Vec<Comparison>>,
}

#[derive(Clone, Debug, PartialEq)]
enum Comparison {
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
struct Limit {
    value: f64,
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
enum Number<'a> {
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

    /// Whether it is `never`, or each of its parts holds for some number: of `> 10 and < 5` none does, and no percentage is
    /// outside of `100`, the range from 0. Who writes `> 100%` means never.
    pub(crate) fn can_hold(&self) -> bool {
        let ends = if self.unit == Unit::Percent { (0.0, 100.0) } else { (f64::NEG_INFINITY, f64::INFINITY) };
        self.any.iter().all(|all| can_hold(all, ends))
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

    /// Whether it holds for some number that is at least this one.
    pub(crate) fn may_hold_from(&self, value: f64) -> bool {
        let mut limits = self.limits();
        limits.push(value);
        samples(limits).any(|sample| sample >= value && self.holds(sample))
    }

    /// The ends of its comparisons.
    fn limits(&self) -> Vec<f64> {
        self.any.iter().flatten().flat_map(Comparison::limits).filter(|limit| limit.is_finite()).collect()
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

/// Whether each number for which one of `these` conditions holds is one for which one of the `others` does, and there are such numbers.
pub(crate) fn are_covered(these: &[&Condition], others: &[&Condition]) -> bool {
    let holds = |conditions: &[&Condition], value| conditions.iter().any(|condition| condition.holds(value));
    let limits = these.iter().chain(others).flat_map(|condition| condition.limits());
    let held: Vec<_> = samples(limits.collect()).filter(|value| holds(these, *value)).collect();
    !held.is_empty() && held.into_iter().all(|value| holds(others, value))
}

/// Numbers that stand for all: these limits, one between each two of them, and one beyond them at either end.
fn samples(mut limits: Vec<f64>) -> impl Iterator<Item = f64> {
    limits.sort_by(f64::total_cmp);
    let beyond = |limit: f64| limit.abs().max(1.0);
    let lowest = limits.first().map(|limit| limit - beyond(*limit));
    let highest = limits.last().map(|limit| limit + beyond(*limit));
    let between: Vec<_> = limits.windows(2).map(|pair| f64::midpoint(pair[0], pair[1])).collect();
    limits.into_iter().chain(between).chain(lowest).chain(highest)
}

/// Whether a number can be all of these. `ends` are those of all numbers of the unit.
fn can_hold(all: &[Comparison], ends: (f64, f64)) -> bool {
    let (mut low, mut high, mut has_ends) = (f64::NEG_INFINITY, f64::INFINITY, true);
    for comparison in all {
        let (from, to, includes) = match comparison {
            Comparison::Above(limit) => (limit.value, f64::INFINITY, false),
            Comparison::AtLeast(limit) => (limit.value, f64::INFINITY, true),
            Comparison::Below(limit) => (f64::NEG_INFINITY, limit.value, false),
            Comparison::AtMost(limit) => (f64::NEG_INFINITY, limit.value, true),
            Comparison::Equal(limit) => (limit.value, limit.value, true),
            Comparison::Inside(low, high) => (low.value, high.value, true),
            Comparison::Unequal(_) | Comparison::Outside(..) => continue,
        };
        (low, high, has_ends) = (low.max(from), high.min(to), has_ends && includes);
    }
    let leaves_room = |comparison: &Comparison| match comparison {
        Comparison::Outside(from, to) => low.max(ends.0) < from.value || high.min(ends.1) > to.value,
        _ => true,
    };
    (low < high || (has_ends && low <= high)) && all.iter().all(leaves_room)
}

impl Comparison {
    fn parse(text: &str, unit: Unit) -> Option<Self> {
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

    fn holds(&self, number: &Number<'_>) -> bool {
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

    fn limits(&self) -> Vec<f64> {
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

    fn wanted(&self, unit: Unit) -> String {
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

    #[test]
    fn a_condition_within_another_is_known() {
        let parse = |text: &str| Condition::parse(text, Unit::Number).expect("a condition");
        let is_covered = |these: &str, others: &str| are_covered(&[&parse(these)], &[&parse(others)]);
        for (these, others) in [
            ("> 95", "> 90"),
            ("> 90", "> 90"),
            ("> 90", ">= 90"),
            ("< 5", "< 10"),
            ("10:20", "15:18"),
            ("5..6", "> 4"),
            ("== 7", "> 5"),
            ("< 2 or > 30", "< 3 or > 20"),
            ("@12:13", "@10:20"),
        ] {
            assert!(is_covered(these, others), "{these} {others}");
        }
        for (these, others) in [
            ("> 80", "> 90"),
            (">= 90", "> 90"),
            ("< 20", "< 10"),
            ("15:18", "10:20"),
            ("never", "> 1"),
            ("> 1", "never"),
            ("> 5", "< 5"),
            ("!= 5", "> 5"),
            ("< 1 or > 30", "> 20"),
        ] {
            assert!(!is_covered(these, others), "{these} {others}");
        }
        assert!(
            parse("> 5").may_hold_from(1.0) && parse("== 7").may_hold_from(7.0) && !parse("== 7").may_hold_from(7.5)
        );
        assert!(
            !parse("< 1").may_hold_from(1.0) && parse("< 1").may_hold_from(0.0) && !parse("never").may_hold_from(0.0)
        );
    }

    #[test]
    fn what_no_number_is_is_known() {
        let can_hold = |text: &str, unit| Condition::parse(text, unit).expect("a condition").can_hold();
        for (text, unit) in [
            ("> 10 and < 5", Unit::Number),
            ("> 5 and < 5", Unit::Number),
            ("100", Unit::Percent),
            ("0:100%", Unit::Percent),
            ("outside 0..100%", Unit::Percent),
        ] {
            assert!(!can_hold(text, unit), "{text}");
        }
        for (text, unit) in [
            ("never", Unit::Number),
            ("> 5 and < 9", Unit::Number),
            (">= 5 and <= 5", Unit::Number),
            ("< 5 or > 9", Unit::Number),
            ("outside 5..9", Unit::Number),
            ("100", Unit::Number),
            (">= 100%", Unit::Percent),
            ("> 100%", Unit::Percent),
            ("99", Unit::Percent),
            ("> 99.9%", Unit::Percent),
            ("<= 0%", Unit::Percent),
            ("!= 100%", Unit::Percent),
        ] {
            assert!(can_hold(text, unit), "{text}");
        }
    }
}
