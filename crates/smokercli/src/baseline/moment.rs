//! Times of a command line: `2026-11-29T10:00`, with a zone, or how long ago.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, TimeDelta, TimeZone, Utc};
use smoker_model::time::local_zone::LocalZone;

use crate::error::ExitError;

/// Forms without a zone, which are in the zone of this machine.
const LOCAL_FORMS: [&str; 4] = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"];

/// Reads a time in the past.
///
/// # Errors
///
/// When it is none.
pub(super) fn parse(text: &str) -> Result<DateTime<Utc>, ExitError> {
    let time = with_zone(text).or_else(|| local(text)).or_else(|| ago(text)).ok_or_else(|| {
        ExitError::usage(format!(
            "--at {text:?} is no time; write 2026-11-29T10:00, 2026-11-29T10:00Z, or how long ago: 2h"
        ))
    })?;
    if time > Utc::now() {
        return Err(ExitError::usage(format!("--at {text} is not in the past ({})", written(time))));
    }
    Ok(time)
}

/// The time as RFC 3339 has it.
pub(super) fn written(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn with_zone(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M%:z"))
        .map(|time| time.to_utc())
        .ok()
        .or_else(|| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%MZ").ok().map(|time| time.and_utc()))
}

fn local(text: &str) -> Option<DateTime<Utc>> {
    let day = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(|day| day.and_time(NaiveTime::MIN));
    let time = LOCAL_FORMS.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok()).or_else(day)?;
    LocalZone.from_local_datetime(&time).earliest().map(|time| time.to_utc())
}

fn ago(text: &str) -> Option<DateTime<Utc>> {
    let unit = text.chars().next_back().filter(char::is_ascii_alphabetic)?;
    let number: i64 = text.strip_suffix(unit)?.parse().ok().filter(|number| (1..=1_000_000).contains(number))?;
    let span = match unit {
        's' => TimeDelta::try_seconds(number),
        'm' => TimeDelta::try_minutes(number),
        'h' => TimeDelta::try_hours(number),
        'd' => TimeDelta::try_days(number),
        _ => None,
    };
    Utc::now().checked_sub_signed(span?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_with_and_without_a_zone_are_read() {
        for (text, expected) in [
            ("2026-11-29T10:00Z", "2026-11-29T10:00:00Z"),
            ("2026-11-29T10:00:30+02:00", "2026-11-29T08:00:30Z"),
            ("2026-11-29T10:00+02:00", "2026-11-29T08:00:00Z"),
        ] {
            assert_eq!(with_zone(text).map(written).as_deref(), Some(expected), "{text}");
        }
        let here = local("2020-11-29T10:00").expect("a time");
        for text in ["2020-11-29 10:00", "2020-11-29T10:00:00"] {
            assert_eq!(local(text), Some(here), "{text}");
        }
        let hours = Utc::now() - ago("2h").expect("a span");
        assert!((hours - TimeDelta::hours(2)).abs() < TimeDelta::minutes(1));
        for text in ["", "yesterday", "2026-13-01T00:00", "2x", "-1h", "9999-01-01"] {
            assert_eq!(parse(text).expect_err(text).code, crate::exit_code::USAGE, "{text}");
        }
    }
}
