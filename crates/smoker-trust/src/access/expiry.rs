//! Until when something is valid.

use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat, TimeDelta, Utc};

/// The units of a span, in seconds.
const UNITS: [(char, i64); 4] = [('m', 60), ('h', 3600), ('d', 86_400), ('w', 604_800)];

/// Reads an instant: a date such as `2027-01-31`, which is its first moment in UTC, or RFC 3339.
///
/// # Errors
///
/// When it is neither.
pub fn instant(text: &str) -> Result<DateTime<Utc>, String> {
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d").map(|date| date.and_time(NaiveTime::MIN).and_utc())
        && text.len() == "2027-01-31".len()
    {
        return Ok(date);
    }
    DateTime::parse_from_rfc3339(text).map(|instant| instant.to_utc()).map_err(|_| {
        format!("{text:?} is no date and no time; write 2027-01-31, which is its first moment in UTC, or 2027-01-31T12:00:00Z")
    })
}

/// Reads an instant as commands take it: as [`instant`], or a span from now on, such as `90d`, `12h`, `30m` or `2w`.
///
/// # Errors
///
/// When it is neither, or is not in the future.
pub fn from_now(text: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>, String> {
    let at = match span(text) {
        Some(span) => whole_seconds(now)
            .checked_add_signed(span)
            .ok_or_else(|| format!("{text:?} is too long; leave expires away for no end"))?,
        None => instant(text).map_err(|reason| format!("{reason}, or a span such as 90d"))?,
    };
    if at <= now {
        return Err(format!("{text:?} is not in the future; write a later date"));
    }
    Ok(at)
}

/// The second that an instant is in: nobody reads or compares the rest.
#[must_use]
pub fn whole_seconds(at: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp(at.timestamp(), 0).unwrap_or(at)
}

fn span(text: &str) -> Option<TimeDelta> {
    let unit = text.chars().last()?;
    let (_, seconds) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let digits = text.strip_suffix(unit)?;
    let count: i64 = digits.parse().ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    TimeDelta::try_seconds(count.checked_mul(*seconds)?)
}

/// An instant as it is written in files and shown.
#[must_use]
pub fn text(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_instants_and_spans_are_read() {
        let now = instant("2026-03-01T12:00:00.987654321Z").expect("an instant");
        for (written, expected) in [
            ("2027-01-31", "2027-01-31T00:00:00Z"),
            ("2027-01-31T10:00:00+02:00", "2027-01-31T08:00:00Z"),
            ("2027-01-31T10:00:00.5Z", "2027-01-31T10:00:00.500Z"),
            ("90d", "2026-05-30T12:00:00Z"),
            ("12h", "2026-03-02T00:00:00Z"),
            ("30m", "2026-03-01T12:30:00Z"),
            ("2w", "2026-03-15T12:00:00Z"),
        ] {
            assert_eq!(from_now(written, now).map(text).as_deref(), Ok(expected), "{written}");
        }
        for wrong in [
            "",
            "d",
            "0d",
            "-1d",
            "+1d",
            "1y",
            "99999999999999999d",
            "9999999999999d",
            "2026-01-01",
            "2026-13-01",
            "soon",
            "12026-01-01",
        ] {
            assert!(from_now(wrong, now).is_err(), "{wrong}");
        }
        assert!(instant("90d").is_err(), "a span means nothing in a file");
    }
}
