//! Spans of time in requests, as `30s` and `24h`.

use std::time::Duration;

/// The units and how many milliseconds each has.
const UNITS: [(&str, u64); 6] =
    [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000), ("w", 604_800_000)];

/// The forms that [`parse`] takes, for messages.
pub(crate) const FORMS: &str = "a whole number with one of the units ms, s, m, h, d, w";

/// Reads a whole number with a unit. None for anything else.
pub(crate) fn parse(text: &str) -> Option<Duration> {
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(end);
    let (_, milliseconds) = UNITS.iter().find(|(name, _)| *name == unit)?;
    Some(Duration::from_millis(number.parse::<u64>().ok()?.checked_mul(*milliseconds)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_needs_a_unit_and_fits() {
        let milliseconds = |text| parse(text).map(|span| span.as_millis());
        let known = ["0s", "250ms", "90s", "2m", "24h", "7d", "1w"].map(milliseconds);
        assert_eq!(known, [0, 250, 90_000, 120_000, 86_400_000, 604_800_000, 604_800_000].map(Some));
        let unknown =
            ["", "s", "30", "1.5h", "-1s", "+1s", "1 s", "1S", "1y", "99999999999999999999s", "18446744073709551615w"];
        assert_eq!(unknown.map(milliseconds), [None; 11]);
    }
}
