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
            if hours.has_run(at) {
                return Some(at);
            }
            let open = hours.next_run_from(at)?;
            at = self.next_after(open.checked_sub_signed(TimeDelta::seconds(1))?)?;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::weekly::WeeklySpan;

    /// On 2027-03-28 the clocks of Prague go from 02:00 to 03:00.
    #[test]
    fn a_time_that_the_clocks_go_past_lies_in_the_hours_in_which_it_would_have_been() {
        let zone = Zone::named("Europe/Prague").expect("it is known");
        let at = |text: &str| text.parse::<DateTime<Utc>>().expect("a time");
        let first = |pattern: &str, hours: &str, after: &str| {
            let patterns = vec![CronPattern::parse(pattern).expect("a pattern")];
            let hours = WeeklyHours { spans: vec![WeeklySpan::parse(hours).expect("hours")], zone: zone.clone() };
            CalendarSchedule { patterns, zone: zone.clone() }.next_within(at(after), Some(&hours)).expect("a time")
        };
        let before = "2027-03-27T12:00:00Z";
        for hours in ["02:00-03:00", "01:00-02:45", "Sun 02:15-04:00"] {
            assert_eq!(first("30 2 * * *", hours, before), at("2027-03-28T01:00:00Z"), "{hours}");
        }
        assert_eq!(first("*/20 * * * *", "02:00-03:00", before), at("2027-03-28T01:00:00Z"));
        assert_eq!(first("30 2 * * *", "02:00-03:00", "2027-03-28T01:00:00Z"), at("2027-03-29T00:30:00Z"));
        assert_eq!(first("0 3 * * *", "Mon 02:00-04:00", before), at("2027-03-29T01:00:00Z"));
    }
}
