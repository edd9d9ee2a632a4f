//! Another way to find what is due: walk through all minutes of UTC, and look at what the clock shows.
//!
//! A time of day is due in the first minute in which the clock shows it, or has gone past it. A pattern of every hour is due
//! in each minute in which the clock shows it.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, TimeDelta, Timelike, Utc};
use smoker_model::calendar::zone::Zone;

/// A pattern, read without the help of a library.
pub(crate) struct Oracle {
    minutes: BTreeSet<u32>,
    hours: BTreeSet<u32>,
    days: MonthDays,
    months: BTreeSet<u32>,
    weekdays: Weekdays,
    is_hourly: bool,
    needs_both_days: bool,
}

/// The days of a month.
struct MonthDays {
    is_any: bool,
    numbers: BTreeSet<u32>,
    has_last: bool,
}

/// Days of the week, by their number from Sunday on.
struct Weekdays {
    is_any: bool,
    numbers: BTreeSet<u32>,
    /// The last one of the month.
    last: BTreeSet<u32>,
    /// The nth one of the month.
    nth: BTreeSet<(u32, u32)>,
}

const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

impl Oracle {
    pub(crate) fn of(pattern: &str) -> Self {
        let pattern = match pattern {
            "@yearly" | "@annually" => "0 0 1 1 *",
            "@monthly" => "0 0 1 * *",
            "@weekly" => "0 0 * * 0",
            "@daily" | "@midnight" => "0 0 * * *",
            "@hourly" => "0 * * * *",
            other => other,
        };
        let fields: Vec<_> = pattern.split(' ').map(str::to_uppercase).collect();
        let [minutes, hours, days, months, weekdays] = &fields[..] else { panic!("five fields") };
        let (plain, special): (Vec<_>, Vec<_>) = weekdays.split(',').partition(|part| !part.contains(['L', '#']));
        let last = special.iter().filter_map(|part| part.strip_suffix('L')).map(day).collect();
        let nth = special.iter().filter_map(|part| part.split_once('#'));
        let nth = nth.map(|(name, nth)| (day(name), nth.parse().expect("a number"))).collect();
        Self {
            minutes: numbers(minutes, 0, 59, &[]),
            hours: numbers(hours, 0, 23, &[]),
            days: MonthDays {
                is_any: days == "*",
                numbers: numbers(&days.replace('L', ""), 1, 31, &[]),
                has_last: days.contains('L'),
            },
            months: numbers(months, 1, 12, &MONTHS),
            weekdays: Weekdays {
                is_any: weekdays == "*",
                numbers: numbers(&plain.join(","), 0, 7, &DAYS).into_iter().map(|day| day % 7).collect(),
                last,
                nth,
            },
            is_hourly: hours.starts_with('*'),
            needs_both_days: days.starts_with('*') || weekdays.starts_with('*'),
        }
    }

    /// What is due after an instant and before another.
    pub(crate) fn due(&self, zone: &Zone, after: DateTime<Utc>, before: DateTime<Utc>) -> Vec<DateTime<Utc>> {
        let minute = TimeDelta::minutes(1);
        let local = |at: DateTime<Utc>| at.naive_utc() + TimeDelta::seconds(zone.offset(at).local_minus_utc().into());
        // Long enough before for what the clock has shown already.
        let mut at = (after - TimeDelta::days(2)).with_second(0).and_then(|at| at.with_nanosecond(0)).expect("a time");
        let mut shown = local(at);
        let mut due = Vec::new();
        while at + minute < before {
            at += minute;
            let now = local(at);
            let is_due = if self.is_hourly {
                self.matches(now)
            } else {
                let mut passed = shown;
                let mut is_due = false;
                while passed < now {
                    passed += minute;
                    is_due |= self.matches(passed);
                }
                is_due
            };
            shown = shown.max(now);
            if is_due && at > after {
                due.push(at);
            }
        }
        due
    }

    fn matches(&self, at: NaiveDateTime) -> bool {
        at.second() == 0
            && self.minutes.contains(&at.minute())
            && self.hours.contains(&at.hour())
            && self.months.contains(&at.month())
            && self.has_day(at.date())
    }

    fn has_day(&self, date: NaiveDate) -> bool {
        let tomorrow = date + Days::new(1);
        let of_month =
            self.days.numbers.contains(&date.day()) || (self.days.has_last && tomorrow.month() != date.month());
        let weekday = date.weekday().num_days_from_sunday();
        let is_last = (date + Days::new(7)).month() != date.month();
        let nth = (date.day() - 1) / 7 + 1;
        let of_week = self.weekdays.numbers.contains(&weekday)
            || (is_last && self.weekdays.last.contains(&weekday))
            || self.weekdays.nth.contains(&(weekday, nth));
        match (self.days.is_any, self.weekdays.is_any) {
            (true, true) => true,
            (true, false) => of_week,
            (false, true) => of_month,
            (false, false) if self.needs_both_days => of_month && of_week,
            (false, false) => of_month || of_week,
        }
    }
}

fn day(name: &str) -> u32 {
    *numbers(name, 0, 7, &DAYS).first().expect("a day") % 7
}

fn numbers(field: &str, least: u32, most: u32, names: &[&str]) -> BTreeSet<u32> {
    let offset = u32::from(names.len() == 12);
    let number = |text: &str| {
        let named = names.iter().position(|name| *name == text).map(|at| u32::try_from(at).expect("small") + offset);
        named.unwrap_or_else(|| text.parse().expect("a number"))
    };
    let mut found = BTreeSet::new();
    for part in field.split(',').filter(|part| !part.is_empty()) {
        let (range, step) =
            part.split_once('/').map_or((part, 1), |(range, step)| (range, step.parse().expect("a step")));
        let (first, last) = match range.split_once('-') {
            _ if range == "*" => (least, most.min(if names.len() == 7 { 6 } else { most })),
            Some((first, "SUN")) => (number(first), 7),
            Some((first, last)) => (number(first), number(last)),
            None => (number(range), number(range)),
        };
        found.extend((first..=last).step_by(step));
    }
    found
}
