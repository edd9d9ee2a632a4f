//! For which numbers conditions hold: for none at all, for some from a number on, for no others than other conditions.

use crate::measure::comparison::Comparison;
use crate::measure::condition::Condition;
use crate::unit::Unit;

impl Condition {
    /// Whether it is `never`, or each of its parts holds for some number: of `> 10 and < 5` none does, and no percentage is
    /// outside of `100`, the range from 0. Who writes `> 100%` means never.
    pub(crate) fn can_hold(&self) -> bool {
        let ends = if self.unit == Unit::Percent { (0.0, 100.0) } else { (f64::NEG_INFINITY, f64::INFINITY) };
        self.any.iter().all(|all| can_hold(all, ends))
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

#[cfg(test)]
mod tests {
    use super::*;

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
