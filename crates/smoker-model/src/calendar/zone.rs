//! A time zone: what its clocks show at an instant, and at which instants they show a time.

use std::sync::OnceLock;

use chrono::{DateTime, FixedOffset, NaiveDateTime, SecondsFormat, SubsecRound, TimeDelta, TimeZone, Utc};
use jiff::tz::TimeZoneDatabase;

use crate::suggest;
use crate::time::local_zone::LocalZone;

/// A local time and the offset from UTC with which it holds are at most this far from UTC.
const REACH: TimeDelta = TimeDelta::hours(15);

/// A time zone.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Zone {
    /// That of the machine, which may be changed while the daemon runs.
    #[default]
    Machine,
    /// One of the machine's zone data, by its name.
    Named(NamedZone),
}

/// A zone of the machine's zone data, with the rules that it had when it was looked up.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedZone {
    name: String,
    rules: jiff::tz::TimeZone,
}

/// The instants at which the clocks of a zone show a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instants {
    /// They show it once.
    Once(DateTime<Utc>),
    /// They show it twice, because they are put back between the two.
    Twice(DateTime<Utc>, DateTime<Utc>),
    /// They never show it: they are put forward past it at this instant.
    Skipped(DateTime<Utc>),
}

/// Whether it is such as PST or GMT+2: another one that is written nearly so has clocks of its own.
fn is_abbreviation(name: &str) -> bool {
    let (letters, rest) = name.split_at(name.find(|c: char| !c.is_ascii_uppercase()).unwrap_or(name.len()));
    (2..=5).contains(&letters.len()) && rest.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | ':'))
}

impl Zone {
    /// The zone of this name, such as `Europe/Prague` or `UTC`.
    ///
    /// # Errors
    ///
    /// Why there is none: no such name, or a machine without zone data. It never counts as UTC.
    pub fn named(name: &str) -> Result<Self, String> {
        static DATA: OnceLock<TimeZoneDatabase> = OnceLock::new();
        let data = DATA.get_or_init(TimeZoneDatabase::from_env);
        if let Ok(rules) = data.get(name) {
            return Ok(Self::Named(NamedZone { name: name.to_owned(), rules }));
        }
        if data.is_definitively_empty() {
            return Err(format!(
                "this machine has no data of time zones, so nothing is known of '{name}'; install tzdata"
            ));
        }
        let names: Vec<String> = data.available().map(|known| known.as_str().to_owned()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let next = match suggest::near(name, &names).filter(|_| !is_abbreviation(name)) {
            Some(near) => format!("did you mean {near}?"),
            None => "write a name such as Europe/Prague (`timedatectl list-timezones` has all)".to_owned(),
        };
        Err(format!("'{name}' is no time zone that this machine knows; {next}"))
    }

    /// Its name; none for that of the machine.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Machine => None,
            Self::Named(zone) => Some(&zone.name),
        }
    }

    /// An instant by its clocks, for people: RFC 3339 with the offset, in whole seconds.
    #[must_use]
    pub fn shown(&self, at: DateTime<Utc>) -> String {
        at.with_timezone(&self.offset(at)).to_rfc3339_opts(SecondsFormat::Secs, false)
    }

    /// How far its clocks are ahead of UTC.
    #[must_use]
    pub fn offset(&self, at: DateTime<Utc>) -> FixedOffset {
        match self {
            Self::Machine => LocalZone.offset_from_utc_datetime(&at.naive_utc()),
            Self::Named(zone) => {
                let second = at.timestamp().clamp(MIN_SECOND, MAX_SECOND);
                let at = jiff::Timestamp::from_second(second).unwrap_or_default();
                FixedOffset::east_opt(zone.rules.to_offset(at).seconds()).unwrap_or(UTC)
            }
        }
    }

    /// What its clocks show; none beyond the calendar.
    #[must_use]
    pub fn local(&self, at: DateTime<Utc>) -> Option<NaiveDateTime> {
        at.naive_utc().checked_add_offset(self.offset(at))
    }

    /// The instants at which its clocks show a time; none beyond the calendar.
    #[must_use]
    pub fn instants(&self, local: NaiveDateTime) -> Option<Instants> {
        let about = local.and_utc();
        let [early, late] = [about.checked_sub_signed(REACH)?, about.checked_add_signed(REACH)?];
        let [before, after] = [self.offset(early), self.offset(late)];
        let with = |offset: FixedOffset| local.checked_sub_offset(offset).map(|utc| utc.and_utc());
        let [first, second] = [with(before)?, with(after)?];
        let [is_first, is_second] = [(first, before), (second, after)].map(|(at, offset)| self.offset(at) == offset);
        Some(match (is_first, is_second) {
            (true, true) if before != after => Instants::Twice(first.min(second), first.max(second)),
            (true, _) => Instants::Once(first),
            (false, true) => Instants::Once(second),
            (false, false) => Instants::Skipped(self.change(early, late, before)),
        })
    }

    /// The first second behind an instant, and not behind the day after that, at which its clocks are put forward or back.
    pub(crate) fn change_within_a_day(&self, from: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let from = from.trunc_subsecs(0);
        let before = self.offset(from);
        let until = from.checked_add_signed(TimeDelta::days(1))?;
        (self.offset(until) != before).then(|| self.change(from, until, before))
    }

    /// The first second between two instants at which its clocks are no longer ahead by this offset.
    fn change(&self, mut early: DateTime<Utc>, mut late: DateTime<Utc>, before: FixedOffset) -> DateTime<Utc> {
        while late - early > TimeDelta::seconds(1) {
            let middle = early + TimeDelta::seconds((late - early).num_seconds() / 2);
            if self.offset(middle) == before { early = middle } else { late = middle }
        }
        late
    }
}

const UTC: FixedOffset = FixedOffset::east_opt(0).expect("less than a day");

/// The seconds since 1970 that zone data is asked for: the years 1900 to 5000.
const MIN_SECOND: i64 = -2_208_988_800;
const MAX_SECOND: i64 = 95_617_584_000;
