//! Durations on a command line: `500ms`, `5s`, `10m`, `1h30m`.

use std::time::Duration;

/// The units with their milliseconds.
const UNITS: [(&str, u64); 5] = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

/// Reads a duration; a number alone is seconds.
///
/// # Errors
///
/// When it is none, or not above zero.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    let invalid = || "has to be a duration above 0, such as 500ms, 5s, 10m or 1h30m".to_owned();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok().filter(|time| !time.is_zero()).ok_or_else(invalid);
    }
    let mut milliseconds: u64 = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(invalid)?;
        let (number, behind) = rest.split_at(digits);
        let letters = behind.find(|c: char| c.is_ascii_digit()).unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(letters);
        let unit = UNITS.into_iter().find(|(name, _)| *name == unit).ok_or_else(invalid)?.1;
        let part = number.parse::<u64>().ok().and_then(|number| number.checked_mul(unit)).ok_or_else(invalid)?;
        milliseconds = milliseconds.checked_add(part).ok_or_else(invalid)?;
        rest = behind;
    }
    if milliseconds == 0 { Err(invalid()) } else { Ok(Duration::from_millis(milliseconds)) }
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
            ("2", 2000),
            ("0.5", 500),
            ("1d", 86_400_000),
        ] {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
        for text in ["", "0", "0s", "-1s", "5x", "s", "1m30", "1.5m", "99999999999999999999s", "NaN", "inf"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }
}
