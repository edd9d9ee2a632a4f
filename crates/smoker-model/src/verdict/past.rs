//! What a journal says of a part: how long it took, how often it was bad.

/// How many of the newest results tell whether a part is flaky.
const NEWEST: usize = 20;
/// With fewer durations than this, the longest says little.
const FEW: usize = 5;
/// A run is never called slower for less than this, in seconds.
const NOISE: f64 = 0.05;

/// The past results of a part.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Past {
    /// How long the runs took, in seconds, in any order.
    pub durations: Vec<f64>,
    /// Whether each result was good, newest first.
    pub was_good: Vec<bool>,
}

/// How often a part was bad that is so now and then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flaky {
    /// The number of bad results.
    pub bad: usize,
    /// The number of all that were looked at.
    pub of: usize,
}

impl Past {
    /// The duration that 95 of 100 runs did not exceed.
    #[must_use]
    pub fn p95(&self) -> Option<f64> {
        let mut durations: Vec<_> = self.durations.iter().copied().filter(|seconds| seconds.is_finite()).collect();
        durations.sort_by(f64::total_cmp);
        let rank = (durations.len() * 95).div_ceil(100);
        durations.get(rank.checked_sub(1)?).copied()
    }

    /// Whether the part is bad now and then: it was good, bad, and good again within its newest results.
    #[must_use]
    pub fn flaky(&self) -> Option<Flaky> {
        let newest = &self.was_good[..self.was_good.len().min(NEWEST)];
        let inner = newest.iter().position(|good| *good).zip(newest.iter().rposition(|good| *good));
        let (newest_good, oldest_good) = inner?;
        let recovered = newest[newest_good..=oldest_good].iter().any(|good| !good);
        let bad = newest.iter().filter(|good| !**good).count();
        recovered.then_some(Flaky { bad, of: newest.len() })
    }

    /// Whether runs of these durations are slower than before: each takes twice as long as `before`, and longer than
    /// nearly all of the past.
    #[must_use]
    pub fn is_slower(&self, before: f64, now: &[f64]) -> bool {
        let usual = self.p95().filter(|_| self.durations.len() >= FEW).unwrap_or(before);
        let is_slower = |seconds: f64| seconds > 2.0 * before && seconds > usual && seconds - before > NOISE;
        !now.is_empty() && now.iter().all(|seconds| is_slower(*seconds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_percentile_is_the_nearest_rank() {
        let past = |durations: &[f64]| Past { durations: durations.to_vec(), was_good: Vec::new() };
        assert_eq!(past(&[]).p95(), None);
        assert_eq!(past(&[3.0]).p95(), Some(3.0));
        let hundred: Vec<_> = (1..=100).rev().map(f64::from).collect();
        assert_eq!(past(&hundred).p95(), Some(95.0));
        assert_eq!(past(&[1.0, f64::NAN, 2.0]).p95(), Some(2.0));
    }

    #[test]
    fn flaky_is_what_recovers_by_itself() {
        for (newest_first, expected) in [
            ("", None),
            ("+++", None),
            ("---", None),
            // A rollout has just broken it.
            ("--++++", None),
            // It was mended for good.
            ("++++--", None),
            ("+-+", Some((1, 3))),
            ("-+--+", Some((3, 5))),
        ] {
            let was_good = newest_first.chars().map(|c| c == '+').collect();
            let flaky = Past { durations: Vec::new(), was_good }.flaky();
            assert_eq!(flaky.map(|flaky| (flaky.bad, flaky.of)), expected, "{newest_first}");
        }
    }

    #[test]
    fn slower_is_beyond_the_past_and_twice_the_time_in_every_run() {
        let past = Past { durations: vec![1.0, 1.0, 1.0, 1.0, 3.0], was_good: Vec::new() };
        assert!(past.is_slower(1.0, &[3.1, 4.0]));
        assert!(!past.is_slower(1.0, &[3.1, 2.9]), "one run is within the past");
        assert!(!past.is_slower(2.0, &[3.1]), "not twice");
        assert!(!past.is_slower(1.0, &[]));
        assert!(Past::default().is_slower(1.0, &[2.1]));
        assert!(!Past::default().is_slower(0.01, &[0.05]), "noise");
    }
}
