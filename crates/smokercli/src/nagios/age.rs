//! How old a result is.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How far an instant is from now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Distance {
    /// It was so long ago.
    Ago(Duration),
    /// It is so far ahead: the clocks of both hosts differ, or one was put back.
    Ahead(Duration),
}

/// The distance of this instant, which is written as RFC 3339 with a zone
/// (`2026-01-31T12:00:00Z`, `...+02:00`); `None` when it is not.
pub(super) fn distance(rfc3339: &str) -> Option<Distance> {
    let then = unix_seconds(rfc3339)?;
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs()).ok()?;
    let seconds = Duration::from_secs(now.abs_diff(then));
    Some(if then > now { Distance::Ahead(seconds) } else { Distance::Ago(seconds) })
}

fn unix_seconds(text: &str) -> Option<i64> {
    let (date_time, rest) = (text.get(..19)?, text.get(19..)?);
    let number = |from: usize, to: usize| date_time.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let seconds = number(11, 13)? * 3600 + number(14, 16)? * 60 + number(17, 19)?;
    let zone = rest.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    let offset = match zone.as_bytes() {
        b"Z" | b"z" => 0,
        [sign @ (b'+' | b'-'), ..] => {
            let minutes = zone.get(1..3)?.parse::<i64>().ok()? * 60 + zone.get(4..6)?.parse::<i64>().ok()?;
            if *sign == b'-' { -60 * minutes } else { 60 * minutes }
        }
        _ => return None,
    };
    Some(days_since_1970(year, month, day) * 86400 + seconds - offset)
}

/// Days of the Gregorian calendar, counted in years that begin in March, so that a leap day is the last one.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + (153 * month + 2) / 5 + day
        - 719_469
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_with_their_zone() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2024-02-29T12:00:00.25Z", 1_709_208_000),
            ("2024-03-01T00:30:00+02:00", 1_709_245_800),
            ("2023-12-31T22:00:00.5-02:00", 1_704_067_200),
        ] {
            assert_eq!(unix_seconds(text), Some(expected), "{text}");
        }
        for text in ["2024-02-29T12:00:00", "2024-02-29", "", "2024-02-29T12:00:00+2", "2024-13-01T00:00:00Z"] {
            assert_eq!(unix_seconds(text), None, "{text}");
        }
    }

    #[test]
    fn an_instant_ahead_is_not_a_fresh_one() {
        assert!(matches!(distance("2999-01-01T00:00:00Z"), Some(Distance::Ahead(far)) if far.as_secs() > 86400));
        assert!(matches!(distance("2020-01-01T00:00:00Z"), Some(Distance::Ago(far)) if far.as_secs() > 86400));
    }
}
