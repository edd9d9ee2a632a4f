//! A warning that would come with every request, and is logged once a day.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Utc};

/// The seconds of a day.
const SECONDS_OF_DAY: i64 = 86_400;

/// The day on which the warning was logged last, counted from 1970 on.
#[derive(Debug, Default)]
pub(crate) struct DailyWarning(AtomicI64);

impl DailyWarning {
    /// Logs the text, unless this day (UTC) has its warning.
    pub(crate) fn warn(&self, now: DateTime<Utc>, text: &str) {
        if self.is_due(now) {
            tracing::warn!("{text}");
        }
    }

    fn is_due(&self, now: DateTime<Utc>) -> bool {
        let today = now.timestamp().div_euclid(SECONDS_OF_DAY);
        self.0.swap(today, Ordering::Relaxed) != today
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_due_once_a_day() {
        let warning = DailyWarning::default();
        let due = ["2026-01-31T10:00:00Z", "2026-01-31T23:59:59Z", "2026-02-01T00:00:00Z"]
            .map(|now| warning.is_due(now.parse().expect("an instant")));
        assert_eq!(due, [true, false, true]);
    }
}
