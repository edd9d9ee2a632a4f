//! Until when something is valid.

use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat, TimeDelta, Utc};
use smoker_model::time::duration;

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

/// Reads an instant as commands take it: as [`instant`], or a duration from now on, such as `90d`, `2w` or `1h30m`. A number alone is
/// none, since nobody means seconds by it.
///
/// # Errors
///
/// When it is neither, or is not in the future.
pub fn from_now(text: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>, String> {
    let at = match duration::parse(text) {
        Some(span) => TimeDelta::from_std(span)
            .ok()
            .and_then(|span| whole_seconds(now).checked_add_signed(span))
            .ok_or_else(|| format!("{text:?} is too long; leave expires away for no end"))?,
        None => instant(text).map_err(|reason| {
            let meant = duration::meant(text).unwrap_or_else(|| "90d".to_owned());
            format!("{reason}, or a duration from now on, such as {meant}")
        })?,
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
            ("1h30m", "2026-03-01T13:30:00Z"),
            ("1.5d", "2026-03-03T00:00:00Z"),
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
            "90",
            "2027",
            "12026-01-01",
        ] {
            assert!(from_now(wrong, now).is_err(), "{wrong}");
        }
        assert!(instant("90d").is_err(), "a span means nothing in a file");
    }
}
