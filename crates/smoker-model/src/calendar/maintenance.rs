//! Times of which each lasts a while: `Maintenance`.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::calendar::schedule::CalendarSchedule;
use crate::calendar::weekly::WeeklyHours;

/// A window that begins again and again.
#[derive(Clone, Debug, PartialEq)]
pub struct MaintenanceWindow {
    /// When it begins.
    pub begins: CalendarSchedule,
    /// How long it lasts.
    pub duration: Duration,
}

/// For how long is looked for a time without maintenance.
const LOOKED_AT: TimeDelta = TimeDelta::days(400);

/// What is in maintenance for so long, as far as was looked, is not there for one season.
const HALF_A_YEAR: TimeDelta = TimeDelta::days(180);

/// How many times are looked at.
const TIMES: usize = 1000;

/// How many windows that begin before the one before ends are followed to the end of all.
const JOINED: usize = 50;

/// When the maintenance ends that an instant lies in: at the end of the last window of those of which each begins before the one before
/// ends. None when it lies in no window. Of maintenance that goes on and on, an end that lies far enough away.
#[must_use]
pub fn end_at(windows: &[MaintenanceWindow], at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let mut end = window_end(windows, at)?;
    for _ in 0..JOINED {
        let Some(later) = window_end(windows, end) else { break };
        end = later;
    }
    Some(end)
}

/// The end of the windows that an instant lies in, the latest of them.
fn window_end(windows: &[MaintenanceWindow], at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    windows.iter().filter_map(|window| window.end_at(at)).max()
}

/// Whether some window is always there: for more than a year, one begins before the last one ends.
#[must_use]
pub fn never_ends(windows: &[MaintenanceWindow], now: DateTime<Utc>) -> bool {
    let mut at = now;
    for _ in 0..TIMES {
        let Some(end) = window_end(windows, at) else { return false };
        if end - now > LOOKED_AT {
            break;
        }
        at = end;
    }
    true
}

/// Whether each time of a schedule, in the given hours, lies in a window: for more than a year.
#[must_use]
pub fn has_all_times(
    windows: &[MaintenanceWindow],
    schedule: &CalendarSchedule,
    hours: Option<&WeeklyHours>,
    now: DateTime<Utc>,
) -> bool {
    let mut at = now;
    for _ in 0..TIMES {
        match schedule.next_within(at, hours) {
            Some(next) if windows.iter().any(|window| window.end_at(next).is_some()) => at = next,
            Some(_) => return false,
            None => return at > now,
        }
        if at - now > LOOKED_AT {
            return true;
        }
    }
    // Of those that come so often no year was looked at.
    false
}

/// Whether all of the given hours lie in windows: for more than a year, but for days on which the clocks change.
#[must_use]
pub fn has_all_hours(windows: &[MaintenanceWindow], hours: &WeeklyHours, now: DateTime<Utc>) -> bool {
    let Some(mut at) = hours.next_from(now).filter(|_| !windows.is_empty()) else { return false };
    for _ in 0..TIMES {
        if at - now > LOOKED_AT {
            return true;
        }
        let next = match window_end(windows, at) {
            Some(end) => end,
            None if changes_clocks(hours, at) => at + TimeDelta::days(1),
            None => return false,
        };
        let Some(next) = hours.next_from(next) else { return true };
        at = next;
    }
    at - now > HALF_A_YEAR
}

/// Whether the clocks change in the day before or after.
fn changes_clocks(hours: &WeeklyHours, at: DateTime<Utc>) -> bool {
    [at - TimeDelta::days(1), at].into_iter().any(|from| hours.zone.change_within_a_day(from).is_some())
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
