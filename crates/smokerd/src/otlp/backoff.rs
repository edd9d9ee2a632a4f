//! How long is waited after a request that failed.

use std::time::Duration;

use smoker_model::time::waits::spread;

use crate::otlp::limits::{LONGEST_ASKED, LONGEST_WAIT};

/// How long is waited first, and at least, also where the collector asks for less.
const FIRST: Duration = Duration::from_secs(1);

/// Over how much time at least hosts come again that a collector asked for the same wait.
const LEAST_ROOM: Duration = Duration::from_secs(2);

/// Growing waits.
#[derive(Debug)]
pub(super) struct Backoff {
    next: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { next: FIRST }
    }
}

impl Backoff {
    /// The next wait: what the collector asks for and up to a quarter more, at least 2 s of room, or twice as long as the one
    /// before with up to a quarter less, so that hosts that failed together do not come again together.
    pub(super) fn wait(&mut self, asked: Option<Duration>) -> Duration {
        if let Some(asked) = asked {
            let asked = asked.clamp(FIRST, LONGEST_ASKED);
            return spread(asked, (asked / 4).max(LEAST_ROOM));
        }
        let wait = self.next;
        self.next = (wait * 2).min(LONGEST_WAIT);
        spread(wait * 3 / 4, wait / 4)
    }

    /// A request has succeeded.
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_bound_unless_the_collector_says_how_long() {
        let mut backoff = Backoff::default();
        for longest in [1, 2, 4, 8, 16, 32, 60, 60] {
            let (wait, longest) = (backoff.wait(None), Duration::from_secs(longest));
            assert!(wait <= longest && wait >= longest / 4 * 3, "{wait:?} of {longest:?}");
        }
        for (asked, least, room) in [
            (Duration::from_secs(20), Duration::from_secs(20), Duration::from_secs(5)),
            (Duration::MAX, LONGEST_ASKED, LONGEST_ASKED / 4),
            (Duration::ZERO, FIRST, LEAST_ROOM),
        ] {
            let waits: Vec<_> = (0..50).map(|_| backoff.wait(Some(asked))).collect();
            assert!(waits.iter().all(|wait| *wait >= least && *wait < least + room), "{waits:?}");
            assert!(waits.iter().any(|wait| *wait != waits[0]), "a whole fleet would come at the same time");
        }
        backoff.reset();
        assert!(backoff.wait(None) <= FIRST);
    }
}
