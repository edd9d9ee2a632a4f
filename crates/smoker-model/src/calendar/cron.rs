//! A pattern of cron, or a time of day.
//!
//! Patterns are read and matched by croner, and only on what a clock shows: which instants these are, where clocks are put
//! forward or back, is decided here. croner would take a list of hours for a wildcard there, and skip a run or repeat it.

use chrono::{DateTime, FixedOffset, NaiveDateTime, TimeDelta, Timelike, Utc};
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};

use crate::calendar::zone::{Instants, Zone};

/// What stands for a whole pattern.
const NICKNAMES: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

/// Clocks are put back by less than this, and a change lies this far ahead at most where it matters.
const LONGEST_FOLD: TimeDelta = TimeDelta::hours(26);

/// Times that a clock shows: a pattern of cron.
#[derive(Clone, Debug)]
pub struct CronPattern {
    text: String,
    cron: Cron,
    /// Whether it runs in each hour: then it goes on by what clocks show while they are put forward or back. Others have times
    /// of day, each of which comes once a day.
    is_hourly: bool,
    /// The time of day that it was made from, where it was.
    time: Option<(u32, u32)>,
}

impl PartialEq for CronPattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl CronPattern {
    /// Reads the five fields of a pattern, or a nickname such as `@daily`.
    ///
    /// # Errors
    ///
    /// Why it is none, without the pattern itself.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let fields = if text.starts_with('@') { nickname(text)? } else { text };
        let count = fields.split_whitespace().count();
        if count != 5 {
            let seconds = if count == 6 { " (there are no seconds)" } else { "" };
            return Err(format!("it has to have 5 fields, minute, hour, day, month and weekday, not {count}{seconds}"));
        }
        // croner passes over what is missing there.
        if let Some(list) = fields.split_whitespace().find(|field| field.split(',').any(str::is_empty)) {
            return Err(format!("'{list}' lacks a value beside a comma; write it, or take the comma out"));
        }
        let cron = read(&as_cron_reads_days(fields)).map_err(|error| wrong_field(fields).unwrap_or(error))?;
        let is_hourly =
            fields.split_whitespace().nth(1).is_some_and(|hours| hours.starts_with('*')) || has_all_hours(&cron);
        Ok(Self { text: text.to_owned(), cron, is_hourly, time: None })
    }

    /// Each day at this time.
    ///
    /// # Errors
    ///
    /// When there is no such time.
    pub fn daily(hour: u32, minute: u32) -> Result<Self, String> {
        if hour > 23 || minute > 59 {
            return Err(format!("no clock shows {hour:02}:{minute:02}; write 00:00 to 23:59"));
        }
        Ok(Self { time: Some((hour, minute)), ..Self::parse(&format!("{minute} {hour} * * *"))? })
    }

    /// For people: the time of day that it was made from, else the pattern in quotes.
    #[must_use]
    pub fn shown(&self) -> String {
        self.time.map_or_else(|| format!("'{}'", self.text), |(hour, minute)| format!("{hour:02}:{minute:02}"))
    }

    /// As it is written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The first instant after another at which it is due in a zone; none when there is none.
    ///
    /// A time of day that clocks skip is due when they are put forward, and one that they show twice is due the first time. A
    /// pattern of every hour is due whenever clocks show it.
    #[must_use]
    pub fn next_after(&self, after: DateTime<Utc>, zone: &Zone) -> Option<DateTime<Utc>> {
        if self.is_hourly { self.next_of_each_hour(after, zone) } else { self.next_of_day(after, zone) }
    }

    fn next_of_day(&self, after: DateTime<Utc>, zone: &Zone) -> Option<DateTime<Utc>> {
        let mut local = zone.local(after)?;
        loop {
            local = self.next_local(local)?;
            let due = match zone.instants(local)? {
                Instants::Once(at) | Instants::Twice(at, _) | Instants::Skipped(at) => at,
            };
            if due > after {
                return Some(due);
            }
        }
    }

    fn next_of_each_hour(&self, after: DateTime<Utc>, zone: &Zone) -> Option<DateTime<Utc>> {
        // Where clocks are put back soon, times that they have shown come once more.
        let seconds = |offset: FixedOffset| offset.local_minus_utc();
        let later = after.checked_add_signed(LONGEST_FOLD)?;
        let put_back = (seconds(zone.offset(after)) - seconds(zone.offset(later))).max(0);
        let mut local = zone.local(after)?.checked_sub_signed(TimeDelta::seconds(put_back.into()))?;
        let mut best: Option<DateTime<Utc>> = None;
        loop {
            local = match self.next_local(local) {
                Some(local) => local,
                None => return best,
            };
            let [first, second] = match zone.instants(local)? {
                Instants::Once(at) => [Some(at), None],
                Instants::Twice(first, second) => [Some(first), Some(second)],
                Instants::Skipped(_) => continue,
            };
            if best.is_some() && first > best {
                return best;
            }
            let found = first.into_iter().chain(second).filter(|at| *at > after).min();
            best = found.into_iter().chain(best).min();
            if put_back == 0 && best.is_some() {
                return best;
            }
        }
    }

    /// The next time of a clock that is neither put forward nor back.
    fn next_local(&self, after: NaiveDateTime) -> Option<NaiveDateTime> {
        self.cron.find_next_occurrence(&after.with_nanosecond(0)?, false).ok()
    }
}

fn read(fields: &str) -> Result<Cron, String> {
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    parser.parse(fields).map_err(|error| error.to_string())
}

/// The fields for croner, which takes a day and a weekday for alternatives unless one of them is `*`. For cron they are none, too,
/// where one only begins with it: `*/2` and a weekday have to fit both.
fn as_cron_reads_days(fields: &str) -> String {
    let mut each: Vec<&str> = fields.split_whitespace().collect();
    let both = each.get(4).map(|weekday| format!("+{weekday}"));
    let has_star_with_step = [2, 4].iter().any(|at| each[*at].starts_with('*') && each[*at] != "*");
    if let Some(both) = both.as_deref().filter(|_| has_star_with_step && each[2] != "*" && each[4] != "*") {
        each[4] = both;
    }
    each.join(" ")
}

/// The field that is not understood.
fn wrong_field(fields: &str) -> Option<String> {
    const FIELDS: [(&str, &str); 5] = [
        ("minute", "0 to 59"),
        ("hour", "0 to 23"),
        ("day", "1 to 31 or L"),
        ("month", "1 to 12 or JAN to DEC"),
        ("weekday", "0 to 7 or SUN to SAT"),
    ];
    let fields: Vec<_> = fields.split_whitespace().collect();
    let is_wrong = |at: &usize| !read_alone(*at, fields[*at]);
    let at = (0..fields.len().min(FIELDS.len())).find(is_wrong)?;
    let (name, range) = FIELDS[at];
    let (start, step) = fields[at].split_once('/').unwrap_or((fields[at], ""));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
    let last = range.split(' ').nth(2).unwrap_or_default();
    Some(match start.split_once('-') {
        Some((from, to)) if read_alone(at, from) && read_alone(at, to) => {
            format!("'{}' ends before it begins; write two ranges, with a comma between them", fields[at])
        }
        None if is_number(start) && is_number(step) && step != "0" => {
            format!("'{}' has a step and no range; write {start}-{last}/{step}", fields[at])
        }
        _ => format!("'{}' is no {name}; write {range}", fields[at]),
    })
}

/// Whether a field is understood where it stands.
fn read_alone(at: usize, field: &str) -> bool {
    let alone: Vec<_> = (0..5).map(|other| if other == at { field } else { "*" }).collect();
    !field.is_empty() && read(&alone.join(" ")).is_ok()
}

fn nickname(text: &str) -> Result<&'static str, String> {
    let known = NICKNAMES.iter().find(|(name, _)| text.eq_ignore_ascii_case(name));
    known.map(|(_, fields)| *fields).ok_or_else(|| {
        let names: Vec<_> = NICKNAMES.iter().map(|(name, _)| *name).collect();
        format!("it is none of {}", names.join(", "))
    })
}

fn has_all_hours(cron: &Cron) -> bool {
    (0..24).all(|hour| cron.pattern.hour_match(hour).unwrap_or(false))
}
