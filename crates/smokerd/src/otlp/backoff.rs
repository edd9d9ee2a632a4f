//! How long is waited after a request that failed.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Utc};

use crate::otlp::limits::{LONGEST_ASKED, LONGEST_WAIT};

/// How long is waited first, and at least, also where the collector asks for less.
const FIRST: Duration = Duration::from_secs(1);

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
    /// The next wait: what the collector asks for, or twice as long as the one before, with up to a quarter less, so that
    /// hosts that failed together do not come again together.
    pub(super) fn wait(&mut self, asked: Option<Duration>) -> Duration {
        if let Some(asked) = asked {
            return asked.clamp(FIRST, LONGEST_ASKED);
        }
        let wait = self.next;
        self.next = (wait * 2).min(LONGEST_WAIT);
        // No secret depends on it.
        let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.subsec_nanos());
        wait.saturating_sub(wait / 4 * (nanos % 1000) / 1000)
    }

    /// A request has succeeded.
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }
}

/// The time of a `Retry-After`: seconds, or a date (RFC 9110, 10.2.3).
pub(super) fn retry_after(header: &str, now: DateTime<Utc>) -> Option<Duration> {
    let header = header.trim();
    if let Ok(seconds) = header.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = DateTime::parse_from_rfc2822(header).ok()?;
    Some((date.with_timezone(&Utc) - now).to_std().unwrap_or_default())
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
        assert_eq!(backoff.wait(Some(Duration::from_secs(5))), Duration::from_secs(5));
        assert_eq!(backoff.wait(Some(Duration::MAX)), LONGEST_ASKED);
        assert_eq!(backoff.wait(Some(Duration::ZERO)), FIRST);
        backoff.reset();
        assert!(backoff.wait(None) <= FIRST);
    }

    #[test]
    fn a_collector_asks_in_seconds_or_with_a_date() {
        let now = DateTime::parse_from_rfc3339("2026-11-30T10:00:00Z").expect("a time").with_timezone(&Utc);
        for (header, seconds) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Mon, 30 Nov 2026 10:01:00 GMT", Some(60)),
            ("Mon, 30 Nov 2026 09:00:00 GMT", Some(0)),
            ("-1", None),
            ("soon", None),
        ] {
            assert_eq!(retry_after(header, now), seconds.map(Duration::from_secs), "{header}");
        }
    }
}
