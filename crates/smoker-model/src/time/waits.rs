//! How long is waited before something is asked again: what it asked for, and apart from others that failed with it.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, Utc};

/// The two other forms of dates that RFC 9110 (5.6.7) has clients accept.
const OLD_DATES: [&str; 2] = ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];

/// The time of a header `Retry-After`: seconds, or a date (RFC 9110, 10.2.3); 0 for a date that has gone by. None when it is
/// neither.
#[must_use]
pub fn retry_after(header: &str, now: DateTime<Utc>) -> Option<Duration> {
    let header = header.trim();
    if !header.is_empty() && header.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(header.parse().unwrap_or(u64::MAX)));
    }
    let old = || OLD_DATES.iter().find_map(|form| NaiveDateTime::parse_from_str(header, form).ok());
    let date = DateTime::parse_from_rfc2822(header).map(|date| date.to_utc()).ok();
    let date = date.or_else(|| old().map(|date| date.and_utc()))?;
    Some((date - now).to_std().unwrap_or_default())
}

/// Somewhat longer than `wait`, by less than `room`, and by another time at each call and in each process: those that failed
/// together do not come again together.
#[must_use]
pub fn spread(wait: Duration, room: Duration) -> Duration {
    // No secret depends on it.
    let part = RandomState::new().build_hasher().finish() % 10_000;
    wait.saturating_add(room.saturating_mul(u32::try_from(part).unwrap_or(0)) / 10_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_asks_in_seconds_or_with_a_date() {
        let now = DateTime::parse_from_rfc3339("2026-11-30T10:00:00Z").expect("a time").to_utc();
        for (header, seconds) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("99999999999999999999999", Some(u64::MAX)),
            ("Mon, 30 Nov 2026 10:01:00 GMT", Some(60)),
            ("Mon, 30 Nov 2026 09:00:00 GMT", Some(0)),
            ("Monday, 30-Nov-26 10:01:00 GMT", Some(60)),
            ("Mon Nov 30 10:01:00 2026", Some(60)),
            ("Tue Dec  1 10:00:00 2026", Some(86400)),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(retry_after(header, now), seconds.map(Duration::from_secs), "{header}");
        }
    }

    #[test]
    fn many_that_wait_for_the_same_time_come_apart() {
        let (wait, room) = (Duration::from_secs(30), Duration::from_secs(6));
        let waits: std::collections::BTreeSet<_> = (0..1000).map(|_| spread(wait, room)).collect();
        assert!(waits.iter().all(|it| *it >= wait && *it < wait + room));
        let (first, last) = (waits.first().expect("some"), waits.last().expect("some"));
        assert!(
            waits.len() > 500 && last.saturating_sub(*first) > room / 2,
            "{} from {first:?} to {last:?}",
            waits.len()
        );
        assert_eq!(spread(Duration::MAX, room), Duration::MAX);
    }
}
