//! When a plugin's timed runs are due.

use std::time::Duration;

use chrono::Local;
use smoker_model::plugin::PluginSpec;
use smoker_model::timestamp::Timestamp;
use tokio::time::Instant;

/// Planned instants, each one interval after the one before, whatever the
/// runs themselves take.
#[derive(Debug)]
pub(crate) struct Schedule {
    interval: Duration,
    next: Instant,
}

impl Schedule {
    /// The plan of a plugin that was loaded just now; none without an interval.
    pub(crate) fn of(spec: &PluginSpec, loaded: Instant) -> Option<Self> {
        let interval = spec.interval?;
        let splay = spec.splay.min(interval);
        let early = splay.mul_f64(fraction_of(spec.name.as_str()));
        let next = loaded.checked_add(interval.checked_sub(early)?)?;
        Some(Self { interval, next })
    }

    /// The next planned instant.
    pub(crate) fn next(&self) -> Instant {
        self.next
    }

    /// The next planned instant in local time.
    pub(crate) fn next_in_local_time(&self) -> Option<Timestamp> {
        let left = self.next.saturating_duration_since(Instant::now());
        let when = Local::now().checked_add_signed(chrono::Duration::from_std(left).ok()?)?;
        Some(Timestamp::from(when))
    }

    /// Moves on to the first planned instant after `now`. Gives how many
    /// planned instants beyond the present one went by meanwhile, as they do
    /// when the machine slept.
    pub(crate) fn advance(&mut self, now: Instant) -> u64 {
        let late = now.saturating_duration_since(self.next);
        let missed = late.as_nanos() / self.interval.as_nanos().max(1);
        let missed = u32::try_from(missed).unwrap_or(u32::MAX - 1);
        self.next = self
            .interval
            .checked_mul(missed + 1)
            .and_then(|ahead| self.next.checked_add(ahead))
            .unwrap_or(now + self.interval);
        u64::from(missed)
    }
}

/// A fraction from 0 up to 1 that only depends on the name, so that a plugin
/// keeps its place from one start of the daemon to the next (FNV-1a, 64 bits,
/// with a final mix because short names leave its upper bits alike).
fn fraction_of(name: &str) -> f64 {
    let hash = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    let mixed = (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let upper = u32::try_from(mixed >> 32).unwrap_or(0);
    f64::from(upper) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(seconds: u64, start: Instant) -> Schedule {
        let interval = Duration::from_secs(seconds);
        Schedule { interval, next: start + interval }
    }

    #[test]
    fn a_late_tick_does_not_move_the_plan() {
        let start = Instant::now();
        let mut schedule = schedule(10, start);
        let late = start + Duration::from_millis(13_500);
        assert_eq!(schedule.advance(late), 0);
        assert_eq!(schedule.next(), start + Duration::from_secs(20));
    }

    #[test]
    fn instants_that_went_by_are_counted_and_not_made_up_for() {
        let start = Instant::now();
        let mut schedule = schedule(10, start);
        assert_eq!(schedule.advance(start + Duration::from_secs(45)), 3);
        assert_eq!(schedule.next(), start + Duration::from_secs(50));
    }

    #[test]
    fn names_spread_over_the_whole_range_and_stay_in_it() {
        let fractions: Vec<_> = (0..1000).map(|n| fraction_of(&format!("p{n}"))).collect();
        assert!(fractions.iter().all(|fraction| (0.0..1.0).contains(fraction)));
        for tenth in 0..10 {
            let low = f64::from(tenth) / 10.0;
            let inside = fractions.iter().filter(|fraction| (low..low + 0.1).contains(*fraction)).count();
            assert!((60..=140).contains(&inside), "{inside} of 1000 names fall into tenth {tenth}");
        }
    }
}
