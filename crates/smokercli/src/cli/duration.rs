//! Durations on a command line: `500ms`, `5s`, `10m`, `1h30m`, `1.5h`.

use std::time::Duration;

use smoker_model::time::duration;

/// The longest one: a year of 365 days. Times behind it could not be calculated with.
const MAX: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Reads a duration above zero, of a year at most; a number alone is seconds.
///
/// # Errors
///
/// When it is none, with what was probably meant.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    match duration::parse_or_seconds(text) {
        Some(duration) if duration.is_zero() => Err("has to be above 0".to_owned()),
        Some(duration) if duration > MAX => Err("has to be at most 8760h, which is a year".to_owned()),
        Some(duration) => Ok(duration),
        None => {
            let next = duration::meant(text).map(|meant| format!("; write {meant}")).unwrap_or_default();
            Err(format!("has to be {}{next}", duration::FORMS))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_above_zero_and_may_be_seconds() {
        for (text, milliseconds) in
            [("500ms", 500), ("1h30m", 5_400_000), ("1.5h", 5_400_000), ("2", 2000), ("0.5", 500)]
        {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
        assert_eq!(parse_duration("8760h"), Ok(MAX));
        for text in ["", "0", "0s", "-1s", "5x", "NaN", "inf", "8761h", "1e19", "18446744073709551615"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
        assert!(parse_duration("5 min").expect_err("a unit of other tools").ends_with("; write 5m"));
    }
}
