//! Times of which each lasts a while: `Maintenance`.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::calendar::schedule::CalendarSchedule;

/// A window that begins again and again.
#[derive(Clone, Debug, PartialEq)]
pub struct MaintenanceWindow {
    /// When it begins.
    pub begins: CalendarSchedule,
    /// How long it lasts.
    pub duration: Duration,
}

impl MaintenanceWindow {
    /// The end of the window that an instant lies in; none when it lies in none.
    #[must_use]
    pub fn end_at(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let duration = TimeDelta::from_std(self.duration).ok()?;
        let begin = self.begins.next_after(at.checked_sub_signed(duration)?)?;
        (begin <= at).then(|| begin.checked_add_signed(duration)).flatten()
    }
}
