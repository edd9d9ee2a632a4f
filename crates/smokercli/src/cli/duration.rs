//! Durations on a command line: `500ms`, `5s`, `10m`, `1h30m`, `1.5h`.

use std::time::Duration;

use smoker_model::time::duration;

/// Reads a duration above zero; a number alone is seconds.
///
/// # Errors
///
/// When it is none, with what was probably meant.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    match duration::parse_or_seconds(text) {
        Some(duration) if duration.is_zero() => Err("has to be above 0".to_owned()),
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
        for text in ["", "0", "0s", "-1s", "5x", "NaN", "inf"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
        assert!(parse_duration("5 min").expect_err("a unit of other tools").ends_with("; write 5m"));
    }
}
