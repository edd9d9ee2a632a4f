//! How long is waited after a request that failed.

use std::time::Duration;

use smoker_model::time::backoff::Backoff;

use crate::otlp::limits::{FIRST_WAIT, LONGEST_ASKED, LONGEST_WAIT};

/// The waits of one signal.
#[derive(Debug)]
pub(super) struct RetryWaits(Backoff);

impl Default for RetryWaits {
    fn default() -> Self {
        Self(Backoff::new(FIRST_WAIT, LONGEST_WAIT))
    }
}

impl RetryWaits {
    /// The next wait; `asked` is what the collector asks for.
    pub(super) fn next(&mut self, asked: Option<Duration>) -> Duration {
        match asked {
            Some(asked) => self.0.wait_asked(asked.min(LONGEST_ASKED)),
            None => self.0.wait(),
        }
    }

    /// A request has succeeded.
    pub(super) fn reset(&mut self) {
        self.0.reset();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_bound_unless_the_collector_says_how_long() {
        let mut waits = RetryWaits::default();
        for longest in [1, 2, 4, 8, 16, 32, 60, 60] {
            let (wait, longest) = (waits.next(None), Duration::from_secs(longest));
            assert!(wait <= longest && wait >= longest / 2, "{wait:?} of {longest:?}");
        }
        let five = waits.next(Some(Duration::from_secs(5)));
        assert!(five >= Duration::from_secs(5) && five <= Duration::from_secs(8), "{five:?}");
        let longest = waits.next(Some(Duration::MAX));
        assert!(longest >= LONGEST_ASKED && longest <= LONGEST_ASKED * 3 / 2, "{longest:?}");
        assert!(waits.next(Some(Duration::ZERO)) >= FIRST_WAIT);
        waits.reset();
        assert!(waits.next(None) <= FIRST_WAIT);
    }
}
