//! Durations as people write them: `500ms`, `5s`, `10m`, `1h30m`, `1.5h`. Everything that takes one reads it here.

use std::fmt::Write;
use std::time::Duration;

/// What a duration looks like, for messages and help.
pub const FORMS: &str = "a duration such as 500ms, 5s, 10m, 1h30m or 1.5h";

/// The units with the seconds that each has.
const UNITS: [(&str, f64); 6] =
    [("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3600.0), ("d", 86_400.0), ("w", 604_800.0)];

/// What other tools call the units.
const OTHER_NAMES: [(&str, f64); 19] = [
    ("milliseconds", 0.001),
    ("msec", 0.001),
    ("sec", 1.0),
    ("secs", 1.0),
    ("second", 1.0),
    ("seconds", 1.0),
    ("min", 60.0),
    ("mins", 60.0),
    ("minute", 60.0),
    ("minutes", 60.0),
    ("hr", 3600.0),
    ("hrs", 3600.0),
    ("hour", 3600.0),
    ("hours", 3600.0),
    ("day", 86_400.0),
    ("days", 86_400.0),
    ("week", 604_800.0),
    ("weeks", 604_800.0),
    ("wk", 604_800.0),
];

/// Reads a duration: numbers, each with one of the units ms, s, m, h, d and w behind it, which add up. A number may have a fraction, a
/// unit may be in capitals, and blanks may stand between them. None for anything else, as for a number without a unit, and for more
/// than can be counted.
#[must_use]
pub fn parse(text: &str) -> Option<Duration> {
    sum(text, &|unit| seconds_of(&UNITS, unit))
}

/// As [`parse`], where a number alone is seconds.
#[must_use]
pub fn parse_or_seconds(text: &str) -> Option<Duration> {
    match text.trim().parse::<f64>() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds).ok(),
        Err(_) => parse(text),
    }
}

/// What a text that is no duration was probably meant for, as it is written here: `10m` for `10 minutes` and `every 10min`.
#[must_use]
pub fn meant(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let every = text.strip_prefix("every ").map(str::trim_start);
    let text = every.unwrap_or(text.strip_suffix(" ago").unwrap_or(&text));
    let number = if every.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic())) { "1" } else { "" };
    let known = |unit: &str| seconds_of(&UNITS, unit).or_else(|| seconds_of(&OTHER_NAMES, unit));
    sum(&format!("{number}{text}"), &known).filter(|duration| !duration.is_zero()).map(written)
}

/// A duration as people write it: `1h30m`. What is below a millisecond is left out.
#[must_use]
pub fn written(duration: Duration) -> String {
    const SIZES: [(&str, u128); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];
    let mut rest = duration.as_millis();
    let mut text = String::new();
    for (unit, size) in SIZES {
        if rest >= size {
            let _ = write!(text, "{}{unit}", rest / size);
            rest %= size;
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

/// A duration as daemons of any version read it: one whole number with one unit, `5400s` or `1500ms`. What is below a millisecond
/// counts as one.
#[must_use]
pub fn in_one_unit(duration: Duration) -> String {
    let milliseconds = duration.as_nanos().div_ceil(1_000_000);
    if milliseconds.is_multiple_of(1000) { format!("{}s", milliseconds / 1000) } else { format!("{milliseconds}ms") }
}

fn seconds_of(units: &[(&str, f64)], unit: &str) -> Option<f64> {
    units.iter().find(|(name, _)| unit.eq_ignore_ascii_case(name)).map(|(_, seconds)| *seconds)
}

/// The sum of the numbers with their units.
fn sum(text: &str, seconds_of: &dyn Fn(&str) -> Option<f64>) -> Option<Duration> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    let mut sum = Duration::ZERO;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, behind) = rest.split_at(end);
        let behind = behind.trim_start();
        let end = behind.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(end);
        let part = Duration::try_from_secs_f64(number.parse::<f64>().ok()? * seconds_of(unit)?).ok()?;
        sum = sum.checked_add(part)?;
        rest = behind.trim_start();
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_add_up() {
        for (text, milliseconds) in [
            ("500ms", 500),
            ("5s", 5000),
            ("10m", 600_000),
            ("1h30m", 5_400_000),
            ("1.5h", 5_400_000),
            ("0.5s", 500),
            ("1d12h", 129_600_000),
            ("1w", 604_800_000),
            ("0s", 0),
            ("2H", 7_200_000),
            (" 1 h 30 m ", 5_400_000),
            ("1m500ms", 60_500),
        ] {
            assert_eq!(parse(text), Some(Duration::from_millis(milliseconds)), "{text}");
            assert_eq!(parse_or_seconds(text), parse(text), "{text}");
        }
        for text in [
            "",
            " ",
            "s",
            "30",
            "-1s",
            "+1s",
            "5x",
            "5min",
            "1m30",
            "1.2.3s",
            ".s",
            "1e3s",
            "NaN",
            "inf",
            "1,5h",
            "99999999999999999999s",
            "18446744073709551615w",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_number_alone_is_seconds_where_it_may_be() {
        assert_eq!(
            ["90", "0.5", "0", "2", "1e3"].map(parse_or_seconds),
            [90_000, 500, 0, 2000, 1_000_000].map(|milliseconds| Some(Duration::from_millis(milliseconds)))
        );
        assert_eq!(["-1", "NaN", "inf", "1e99"].map(parse_or_seconds), [None; 4]);
    }

    #[test]
    fn words_of_other_tools_are_understood_for_advice() {
        for (other, own) in [
            ("5min", "5m"),
            ("1 hour 30 minutes", "1h30m"),
            ("every 5 minutes", "5m"),
            ("every hour", "1h"),
            ("2 weeks", "14d"),
            ("2 hours ago", "2h"),
            ("10 SEC", "10s"),
        ] {
            assert_eq!(meant(other).as_deref(), Some(own), "{other}");
        }
        for none in ["", "at noon", "soon", "0 sec", "PT5M", "5", "hour"] {
            assert_eq!(meant(none), None, "{none}");
        }
    }

    #[test]
    fn durations_are_written_for_people_and_for_daemons() {
        let milliseconds = Duration::from_millis;
        for (duration, own, one) in [
            (milliseconds(0), "0s", "0s"),
            (milliseconds(1500), "1s500ms", "1500ms"),
            (milliseconds(5_400_000), "1h30m", "5400s"),
            (milliseconds(90_000_000), "1d1h", "90000s"),
            (Duration::from_nanos(1), "0s", "1ms"),
        ] {
            assert_eq!((written(duration).as_str(), in_one_unit(duration).as_str()), (own, one));
            assert_eq!(parse(own).map(written).as_deref(), Some(own));
        }
    }
}
