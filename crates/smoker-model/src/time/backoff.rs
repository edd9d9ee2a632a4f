//! Waits before something that failed is tried again. A part of each wait is at random, so that many that failed together do not come again
//! together.

use std::time::Duration;

use crate::time::waits::spread;

/// Waits that double from failure to failure.
#[derive(Clone, Debug)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    failures: u32,
}

impl Backoff {
    /// Waits of `first` at most in the beginning, and of `longest` at most in the end.
    #[must_use]
    pub const fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, failures: 0 }
    }

    /// The next wait: at least half of a time that is twice as long as the time before, at most all of it.
    pub fn wait(&mut self) -> Duration {
        let wait = doubled(self.first, self.longest, self.failures);
        self.failures = self.failures.saturating_add(1);
        spread(wait / 2, wait / 2)
    }

    /// The wait for a peer that says how long it is to be: never less, and up to half as long again. It is at least the first
    /// wait, also for a peer that asks for less.
    #[must_use]
    pub fn wait_asked(&self, asked: Duration) -> Duration {
        let asked = asked.max(self.first);
        spread(asked, (asked / 2).max(self.first))
    }

    /// It has succeeded: the next wait is the first one again.
    pub const fn reset(&mut self) {
        self.failures = 0;
    }
}

/// The time to wait after this many failures in a row before the last one: `first`, twice as long with each of them, `longest` at most. It is the
/// same for all that failed together, so it is [spread] before it is used.
#[must_use]
pub fn doubled(first: Duration, longest: Duration, failures: u32) -> Duration {
    first.saturating_mul(2_u32.saturating_pow(failures)).min(longest)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn waits_double_up_to_the_longest_until_it_succeeds() {
        let mut backoff = Backoff::new(SECOND, 60 * SECOND);
        for longest in [1, 2, 4, 8, 16, 32, 60, 60] {
            let (wait, longest) = (backoff.wait(), longest * SECOND);
            assert!(wait <= longest && wait >= longest / 2, "{wait:?} of {longest:?}");
        }
        backoff.reset();
        assert!(backoff.wait() <= SECOND);
        assert_eq!(doubled(SECOND, 60 * SECOND, u32::MAX), 60 * SECOND);
        assert_eq!(doubled(SECOND, Duration::MAX, u32::MAX), SECOND * u32::MAX);
    }

    #[test]
    fn a_peer_that_says_how_long_is_not_asked_earlier() {
        let backoff = Backoff::new(SECOND, 60 * SECOND);
        for (asked, shortest, longest) in [(0, 1, 2), (1, 1, 2), (5, 5, 8), (600, 600, 900)] {
            let wait = backoff.wait_asked(asked * SECOND);
            assert!(wait >= shortest * SECOND && wait <= longest * SECOND, "{wait:?} for {asked}");
        }
        assert_eq!(backoff.wait_asked(Duration::MAX), Duration::MAX);
    }

    /// A fleet that fails at one moment is spread over half of the wait: each tenth of it has some of 1,000 hosts.
    #[test]
    fn many_that_fail_together_come_again_apart() {
        let tenths = |waits: &dyn Fn() -> Duration, begin: Duration| -> HashSet<u128> {
            (0..1000).map(|_| waits().saturating_sub(begin).as_millis().min(499) / 50).collect()
        };
        assert_eq!(tenths(&|| Backoff::new(SECOND, SECOND).wait(), SECOND / 2).len(), 10);
        let asked = || Backoff::new(SECOND / 2, SECOND).wait_asked(SECOND);
        assert_eq!(tenths(&asked, SECOND).len(), 10, "also where the peer says when");
    }
}
