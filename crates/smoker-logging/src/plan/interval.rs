//! When a file is rotated, and what it is called from then on, as Python's
//! `TimedRotatingFileHandler` does both.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use smoker_model::time::local_zone::LocalZone;

/// The unit of the interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    Seconds,
    Minutes,
    Hours,
    Days,
    /// Days that end at midnight.
    Midnight,
    /// Weeks that end at the midnight behind this day; 0 is Monday.
    Weekday(u8),
}

impl When {
    /// Reads the name that Python gives it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_uppercase().as_str() {
            "S" => Some(Self::Seconds),
            "M" => Some(Self::Minutes),
            "H" => Some(Self::Hours),
            "D" => Some(Self::Days),
            "MIDNIGHT" => Some(Self::Midnight),
            other => {
                let day = other.strip_prefix('W')?.parse().ok()?;
                (day < 7 && other.len() == 2).then_some(Self::Weekday(day))
            }
        }
    }

    /// How the time in the name of an old file is written.
    fn suffix(self) -> &'static str {
        match self {
            Self::Seconds => "%Y-%m-%d_%H-%M-%S",
            Self::Minutes => "%Y-%m-%d_%H-%M",
            Self::Hours => "%Y-%m-%d_%H",
            Self::Days | Self::Midnight | Self::Weekday(_) => "%Y-%m-%d",
        }
    }

    /// Whether a text is such a time, perhaps with an extension such as `.gz`.
    pub(crate) fn is_suffix(self, text: &str) -> bool {
        let shape = self.suffix().replace("%Y", "dddd").replace(['Y', 'm', 'H', 'M', 'S'], "d").replace('%', "d");
        let (time, extension) = text.split_at(text.len().min(shape.len()));
        let fits = |(shape, c): (char, char)| if shape == 'd' { c.is_ascii_digit() } else { shape == c };
        let is_word = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_');
        time.len() == shape.len()
            && shape.chars().zip(time.chars()).all(fits)
            && (extension.is_empty() || extension.strip_prefix('.').is_some_and(is_word))
    }
}

/// Times are seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Interval {
    pub(crate) when: When,
    pub(crate) count: u32,
    pub(crate) is_utc: bool,
}

impl Interval {
    /// The first time after `time` when the file is rotated.
    pub(crate) fn end_after(self, time: i64) -> i64 {
        if self.is_utc { self.end_after_in(&Utc, time) } else { self.end_after_in(&LocalZone, time) }
    }

    /// The suffix of a file that is rotated at `end`: when it began.
    pub(crate) fn name(self, end: i64) -> String {
        if self.is_utc { self.name_in(&Utc, end) } else { self.name_in(&LocalZone, end) }
    }

    fn end_after_in<Tz: TimeZone>(self, zone: &Tz, time: i64) -> i64 {
        let today = local(zone, time).date_naive();
        let count = u64::from(self.count);
        let days = match self.when {
            When::Midnight => count,
            When::Weekday(day) => {
                let today = u64::from(today.weekday().num_days_from_monday());
                (u64::from(day) + 7 - today) % 7 + 1 + 7 * (count - 1)
            }
            _ => return time + self.seconds(),
        };
        midnight(zone, today.checked_add_days(Days::new(days))).unwrap_or(time + self.seconds())
    }

    fn name_in<Tz: TimeZone>(self, zone: &Tz, end: i64) -> String
    where
        Tz::Offset: std::fmt::Display,
    {
        let count = u64::from(self.count);
        let days = match self.when {
            When::Midnight => count,
            When::Weekday(_) => 7 * count,
            _ => return local(zone, end - self.seconds()).format(self.when.suffix()).to_string(),
        };
        let end = local(zone, end).date_naive();
        end.checked_sub_days(Days::new(days)).unwrap_or(end).format(self.when.suffix()).to_string()
    }

    fn seconds(self) -> i64 {
        let unit = match self.when {
            When::Seconds => 1,
            When::Minutes => 60,
            When::Hours => 3600,
            When::Days | When::Midnight => 86_400,
            When::Weekday(_) => 7 * 86_400,
        };
        unit * i64::from(self.count)
    }
}

fn local<Tz: TimeZone>(zone: &Tz, time: i64) -> DateTime<Tz> {
    let time = DateTime::from_timestamp(time, 0).unwrap_or_default();
    zone.from_utc_datetime(&time.naive_utc())
}

/// When a day begins. Where clocks are put forward at midnight that is later.
fn midnight<Tz: TimeZone>(zone: &Tz, date: Option<NaiveDate>) -> Option<i64> {
    let start = date?.and_time(NaiveTime::MIN);
    let quarters = (0..8).map(|quarter| start + TimeDelta::minutes(15 * quarter));
    let mut moments = quarters.filter_map(|moment| zone.from_local_datetime(&moment).earliest());
    moments.next().map(|moment| moment.timestamp())
}

#[cfg(test)]
mod tests {
    use chrono::{FixedOffset, MappedLocalTime, NaiveDateTime};

    use super::*;

    fn prague() -> FixedOffset {
        FixedOffset::east_opt(3600).expect("an hour east")
    }

    /// When it ends, in Prague's winter, and the name of the old file.
    fn end(when: &str, count: u32, time: &str) -> (String, String) {
        let interval = Interval { when: When::parse(when).expect("a unit"), count, is_utc: false };
        let time = DateTime::parse_from_rfc3339(time).expect("a time").timestamp();
        let end = interval.end_after_in(&prague(), time);
        (local(&prague(), end).format("%a %Y-%m-%dT%H:%M:%S").to_string(), interval.name_in(&prague(), end))
    }

    /// The expected texts were written by Python 3.13.
    #[test]
    fn every_unit_ends_and_is_named_as_in_python() {
        // 2024-01-31 was a Wednesday.
        let time = "2024-01-31T23:59:30+01:00";
        for (when, count, ends, name) in [
            ("S", 1, "Wed 2024-01-31T23:59:31", "2024-01-31_23-59-30"),
            ("s", 45, "Thu 2024-02-01T00:00:15", "2024-01-31_23-59-30"),
            ("M", 5, "Thu 2024-02-01T00:04:30", "2024-01-31_23-59"),
            ("h", 1, "Thu 2024-02-01T00:59:30", "2024-01-31_23"),
            ("D", 1, "Thu 2024-02-01T23:59:30", "2024-01-31"),
            ("midnight", 1, "Thu 2024-02-01T00:00:00", "2024-01-31"),
            ("MIDNIGHT", 3, "Sat 2024-02-03T00:00:00", "2024-01-31"),
            ("W2", 1, "Thu 2024-02-01T00:00:00", "2024-01-25"),
            ("W6", 1, "Mon 2024-02-05T00:00:00", "2024-01-29"),
            ("W0", 1, "Tue 2024-02-06T00:00:00", "2024-01-30"),
            ("W0", 2, "Tue 2024-02-13T00:00:00", "2024-01-30"),
        ] {
            assert_eq!(end(when, count, time), (ends.to_owned(), name.to_owned()), "{when} {count}");
        }
    }

    /// A zone that changes its clocks at 01:00 UTC of one day.
    #[derive(Clone)]
    struct Changing {
        before: FixedOffset,
        after: FixedOffset,
        change: NaiveDateTime,
    }

    impl Changing {
        fn on(date: &str, before: i32, after: i32) -> Self {
            let offset = |hours: i32| FixedOffset::east_opt(hours * 3600).expect("hours");
            let date: NaiveDate = date.parse().expect("a date");
            Self { before: offset(before), after: offset(after), change: date.and_hms_opt(1, 0, 0).expect("a time") }
        }
    }

    impl TimeZone for Changing {
        type Offset = FixedOffset;

        fn from_offset(_: &FixedOffset) -> Self {
            unreachable!("no moment of this zone is made by offset")
        }

        fn offset_from_local_date(&self, _: &NaiveDate) -> MappedLocalTime<FixedOffset> {
            MappedLocalTime::None
        }

        fn offset_from_local_datetime(&self, local: &NaiveDateTime) -> MappedLocalTime<FixedOffset> {
            let fits = |offset: FixedOffset| {
                Some(offset).filter(|_| self.offset_from_utc_datetime(&(*local - offset)) == offset)
            };
            match (fits(self.before), fits(self.after)) {
                (Some(before), Some(after)) => MappedLocalTime::Ambiguous(before, after),
                (before, after) => before.or(after).map_or(MappedLocalTime::None, MappedLocalTime::Single),
            }
        }

        fn offset_from_utc_date(&self, _: &NaiveDate) -> FixedOffset {
            self.before
        }

        fn offset_from_utc_datetime(&self, utc: &NaiveDateTime) -> FixedOffset {
            if *utc < self.change { self.before } else { self.after }
        }
    }

    /// The expected lengths were written by Python 3.13 in Europe/Prague; 3.11 is an hour off.
    #[test]
    fn days_that_are_longer_or_shorter_end_at_midnight_all_the_same() {
        for (day, before, after, from, length) in [
            ("2024-03-31", 1, 2, "2024-03-31T00:30:00+01:00", 81_000),
            ("2024-03-31", 1, 2, "2024-03-30T12:00:00+01:00", 43_200),
            ("2024-10-27", 2, 1, "2024-10-27T00:30:00+02:00", 88_200),
            ("2024-10-27", 2, 1, "2024-10-26T12:00:00+02:00", 43_200),
        ] {
            let interval = Interval { when: When::Midnight, count: 1, is_utc: false };
            let time = DateTime::parse_from_rfc3339(from).expect("a time").timestamp();
            let zone = Changing::on(day, before, after);
            assert_eq!(interval.end_after_in(&zone, time) - time, length, "{from}");
        }
        // Where midnight itself is left out the day begins with what there is.
        let zone = Changing::on("2024-03-31", -1, 0);
        let begin = midnight(&zone, "2024-03-31".parse().ok()).expect("a day has a beginning");
        assert_eq!(begin, zone.change.and_utc().timestamp());
    }

    #[test]
    fn midnight_is_that_of_the_zone() {
        let interval = Interval { when: When::Midnight, count: 1, is_utc: true };
        let time = DateTime::parse_from_rfc3339("2024-02-01T00:30:00+01:00").expect("a time").timestamp();
        let end = interval.end_after(time);
        assert_eq!(
            DateTime::from_timestamp(end, 0).map(|end| end.to_rfc3339()).as_deref(),
            Some("2024-02-01T00:00:00+00:00")
        );
        assert_eq!(interval.name(end), "2024-01-31");
    }

    #[test]
    fn old_files_are_recognized_by_their_names() {
        assert!(When::Seconds.is_suffix("2024-01-31_23-59-30"));
        assert!(When::Midnight.is_suffix("2024-01-31"));
        assert!(When::Midnight.is_suffix("2024-01-31.gz"));
        for text in ["2024-01-31_23", "2024-1-31", "2024-01-31.", "2024-01-31.a b", "", "1", "2024-01-31č"] {
            assert!(!When::Midnight.is_suffix(text), "{text}");
        }
        assert_eq!(When::parse("W7"), None);
        assert_eq!(When::parse("W+1"), None);
        assert_eq!(When::parse("X"), None);
    }
}
