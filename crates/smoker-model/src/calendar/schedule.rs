//! All instants at which a plugin is due by `Cron` and `At`.

use chrono::{DateTime, TimeDelta, Utc};

use crate::calendar::cron::CronPattern;
use crate::calendar::weekly::WeeklyHours;
use crate::calendar::zone::Zone;

/// How many times in a row may lie outside of the hours of a plugin before it counts as one that never runs.
const TIMES_OUTSIDE: usize = 1000;

/// Patterns in one time zone.
#[derive(Clone, Debug, PartialEq)]
pub struct CalendarSchedule {
    /// What is due at one of them is due.
    pub patterns: Vec<CronPattern>,
    /// Whose clocks count.
    pub zone: Zone,
}

impl CalendarSchedule {
    /// The first instant after another; none when there is none.
    #[must_use]
    pub fn next_after(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.patterns.iter().filter_map(|pattern| pattern.next_after(after, &self.zone)).min()
    }

    /// The first instant after another that lies in these hours; none when there is none.
    #[must_use]
    pub fn next_within(&self, after: DateTime<Utc>, hours: Option<&WeeklyHours>) -> Option<DateTime<Utc>> {
        let mut at = self.next_after(after)?;
        let Some(hours) = hours else { return Some(at) };
        for _ in 0..TIMES_OUTSIDE {
            if hours.has(at) {
                return Some(at);
            }
            let open = hours.next_from(at)?;
            at = self.next_after(open.checked_sub_signed(TimeDelta::seconds(1))?)?;
        }
        None
    }
}
