//! Dates and moments as YAML 1.1 writes them: <https://yaml.org/type/timestamp.html>.

use std::sync::LazyLock;

use chrono::{FixedOffset, NaiveDate, NaiveDateTime, TimeZone};
use regex::{Captures, Regex};
use smoker_model::value::Value;

use crate::yaml::words::pattern::pattern;

/// A plain scalar is a moment only when a date stands with two-digit parts or a time follows.
static IMPLICIT: LazyLock<Regex> =
    LazyLock::new(|| pattern(concat!("[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}", time!())));

/// What `!!timestamp` accepts: also a date with one-digit parts.
static PARTS: LazyLock<Regex> =
    LazyLock::new(|| pattern(concat!("([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:", time!(), ")?")));

/// The time behind a date: groups 4 to 7 are hour, minute, second and fraction;
/// 8 to 11 are the zone, its sign, hours and minutes.
macro_rules! time {
    () => {
        concat!(
            r"(?:[Tt]|[ \t]+)([0-9]{1,2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]*))?",
            r"(?:[ \t]*(Z|([-+])([0-9]{1,2})(?::([0-9]{2}))?))?"
        )
    };
}
use time;

/// Whether a plain scalar is a date or a moment.
pub(crate) fn looks_like_one(text: &str) -> bool {
    IMPLICIT.is_match(text)
}

/// Reads a date, a moment, or a moment with a zone.
pub(crate) fn parse(text: &str) -> Result<Value, String> {
    PARTS
        .captures(text)
        .and_then(|parts| value(&parts))
        .ok_or_else(|| format!("{text} is not a date that exists; write it in quotes if text is meant"))
}

fn value(parts: &Captures<'_>) -> Option<Value> {
    let number = |group: usize| parts.get(group).and_then(|part| part.as_str().parse::<u32>().ok());
    let year = i32::try_from(number(1)?).ok().filter(|year| *year > 0)?;
    let date = NaiveDate::from_ymd_opt(year, number(2)?, number(3)?)?;
    let Some(hour) = number(4) else { return Some(Value::Date(date)) };
    let fraction = parts.get(7).map_or("", |fraction| fraction.as_str());
    let moment = date.and_hms_micro_opt(hour, number(5)?, number(6)?, micros(fraction))?;
    let Some(zone) = parts.get(8) else { return Some(Value::Moment(moment)) };
    let seconds = if zone.as_str() == "Z" {
        0
    } else {
        let seconds = i32::try_from(number(10)? * 3600 + number(11).unwrap_or(0) * 60).ok()?;
        if parts.get(9)?.as_str() == "-" { -seconds } else { seconds }
    };
    zoned(moment, seconds)
}

fn zoned(moment: NaiveDateTime, seconds: i32) -> Option<Value> {
    let zone = FixedOffset::east_opt(seconds)?;
    zone.from_local_datetime(&moment).single().map(Value::ZonedMoment)
}

/// The first six digits of a fraction; further ones are cut as PyYAML does.
fn micros(fraction: &str) -> u32 {
    let digits: String = fraction.chars().chain(std::iter::repeat('0')).take(6).collect();
    digits.parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use crate::yaml::words::scalar::plain;

    use super::*;

    #[test]
    fn every_form_is_read() {
        let cases = [
            ("2024-01-02", "2024-01-02"),
            ("2024-01-02T03:04:05", "2024-01-02T03:04:05"),
            ("2024-1-2 3:04:05", "2024-01-02T03:04:05"),
            ("2024-01-02t03:04:05.5", "2024-01-02T03:04:05.500000"),
            ("2024-01-02 03:04:05.123456789", "2024-01-02T03:04:05.123456"),
            ("2024-01-02 03:04:05.", "2024-01-02T03:04:05"),
            ("2024-01-02 03:04:05Z", "2024-01-02T03:04:05+00:00"),
            ("2024-01-02 03:04:05 Z", "2024-01-02T03:04:05+00:00"),
            ("2001-12-14t21:59:43.10-05:00", "2001-12-14T21:59:43.100000-05:00"),
            ("2001-12-14 21:59:43.10 -5", "2001-12-14T21:59:43.100000-05:00"),
            ("2001-12-14 21:59:43+05:30", "2001-12-14T21:59:43+05:30"),
        ];
        for (text, expected) in cases {
            assert_eq!(plain(text).expect("a moment").iso_text().as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_only_resembles_a_date_is_text() {
        for text in ["2024-1-2", "2024-01-02T03:04", "24-01-02", "2024-01-02x", "2024/01/02", "2024-01-02 3:4:5"] {
            assert_eq!(plain(text), Ok(Value::Text(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn days_and_times_that_do_not_exist_are_refused() {
        for text in ["2024-02-30", "2024-13-01", "0000-01-01", "2024-01-02 25:00:00", "2024-01-02 03:04:05 +25:00"] {
            assert!(plain(text).is_err(), "{text}");
        }
    }
}
