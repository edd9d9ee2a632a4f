//! Moments in requests: RFC 3339, seconds since 1970, or how long ago.

use chrono::{DateTime, Utc};
use smoker_model::time::duration;

/// The forms that [`parse`] takes, for messages.
pub(crate) const FORMS: &str = "a time with its zone as 2026-11-25T02:13:51Z, how long ago as 90s, 24h or 1h30m, or seconds since 1970 \
                                with nine digits or more";

/// A smaller number is taken for a span whose unit was forgotten: `24` is no moment of 1970.
const LEAST_SECONDS: i64 = 100_000_000;

/// Reads a moment. None for anything else, and beyond the calendar.
pub(crate) fn parse(text: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    if let Some(span) = duration::parse(text) {
        return now.checked_sub_signed(chrono::TimeDelta::from_std(span).ok()?);
    }
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let seconds: i64 = text.parse().ok().filter(|seconds| *seconds >= LEAST_SECONDS)?;
        return DateTime::from_timestamp(seconds, 0);
    }
    // In a query a plus sign stands for a space, which many clients forget.
    let text = text.replace(' ', "+");
    DateTime::parse_from_rfc3339(&text).ok().map(|moment| moment.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_have_three_forms() {
        let now = DateTime::from_timestamp(1_000_000, 0).expect("in the calendar");
        let seconds = |text| parse(text, now).map(|moment| moment.timestamp());
        let known = ["24h", "1.5h", "1h30m", "0s", "1700000000", "2026-11-25T02:13:51Z", "2026-11-25T03:13:51.5 01:00"]
            .map(seconds);
        let expected = [913_600, 994_600, 994_600, 1_000_000, 1_700_000_000, 1_795_572_831, 1_795_572_831];
        assert_eq!(known, expected.map(Some));
        let unknown = [
            "",
            "24",
            "yesterday",
            "-5",
            "2026-11-25",
            "2026-11-25T02:13:51",
            "99999999999999999",
            "9999999999999999w",
        ];
        assert_eq!(unknown.map(seconds), [None; 8]);
    }
}
