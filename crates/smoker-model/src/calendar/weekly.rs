//! Hours of the week, such as `Mon-Fri 08:00-18:00`.

use chrono::{DateTime, Datelike, Days, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Utc, Weekday};

use crate::calendar::zone::{Instants, Zone};

/// How many days are searched for the next hours: a week, and one for clocks that are put forward past them.
const DAYS: u64 = 8;

/// The minutes of a day.
const DAY: u32 = 24 * 60;

/// Hours of the week in a time zone.
#[derive(Clone, Debug, PartialEq)]
pub struct WeeklyHours {
    /// What lies in one of them lies in it.
    pub spans: Vec<WeeklySpan>,
    /// Whose clocks count.
    pub zone: Zone,
}

/// Hours of some days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeeklySpan {
    /// From Monday on: whether it has the day.
    days: [bool; 7],
    /// From a minute of these days to another, which is not part of it. One that ends before it begins ends on the next day.
    hours: Vec<(u32, u32)>,
}

impl WeeklyHours {
    /// Whether an instant lies in it.
    #[must_use]
    pub fn has(&self, at: DateTime<Utc>) -> bool {
        let Some(local) = self.zone.local(at) else { return false };
        let minute = local.hour() * 60 + local.minute();
        let day = local.weekday();
        self.spans.iter().any(|span| {
            span.hours.iter().any(|&(begin, end)| {
                let today = span.has(day) && (begin..if begin < end { end } else { DAY }).contains(&minute);
                let of_yesterday = begin >= end && span.has(day.pred()) && minute < end;
                today || of_yesterday
            })
        })
    }

    /// Whether a run that is due at an instant was due in it: where the clocks are put forward at that instant, it may stand for a time
    /// that they went past.
    #[must_use]
    pub fn has_run(&self, at: DateTime<Utc>) -> bool {
        if self.has(at) {
            return true;
        }
        let moment = TimeDelta::seconds(1);
        let before = at.checked_sub_signed(moment).and_then(|before| self.zone.local(before));
        let (Some(before), Some(local)) = (before.and_then(|it| it.checked_add_signed(moment)), self.zone.local(at))
        else {
            return false;
        };
        let day = local.date().weekday();
        let minutes = |time: NaiveDateTime| time.hour() * 60 + time.minute();
        before < local
            && before.date() == local.date()
            && self.spans.iter().filter(|span| span.has(day)).flat_map(|span| &span.hours).any(|&(begin, end)| {
                let end = if begin < end { end } else { DAY };
                begin < minutes(local) && minutes(before) < end
            })
    }

    /// The first instant from another on that lies in it; none when there is none.
    #[must_use]
    pub fn next_from(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.first_from(at, |at| self.has(at))
    }

    /// The first instant from another on at which a run may be due in it, see [`WeeklyHours::has_run`]; none when there is none.
    #[must_use]
    pub fn next_run_from(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.first_from(at, |at| self.has_run(at))
    }

    fn first_from(&self, at: DateTime<Utc>, lies_in_it: impl Fn(DateTime<Utc>) -> bool) -> Option<DateTime<Utc>> {
        if lies_in_it(at) {
            return Some(at);
        }
        let today = self.zone.local(at)?.date();
        let days = (0..=DAYS).filter_map(|ahead| today.checked_add_days(Days::new(ahead)));
        let begins = days.flat_map(|day| {
            let spans = self.spans.iter().filter(move |span| span.has(day.weekday()));
            spans.flat_map(move |span| span.hours.iter().map(move |(begin, _)| day.and_time(time_of(*begin))))
        });
        let instants = begins.filter_map(|begin| {
            Some(match self.zone.instants(begin)? {
                Instants::Twice(first, second) if first <= at => second,
                Instants::Once(at) | Instants::Twice(at, _) | Instants::Skipped(at) => at,
            })
        });
        // Where clocks are put back, hours that were over begin once more.
        let changes = (0..=DAYS).filter_map(|ahead| {
            let from = at.checked_add_days(Days::new(ahead))?;
            self.zone.change_within_a_day(from)
        });
        instants.chain(changes).filter(|begin| *begin > at && lies_in_it(*begin)).min()
    }
}

impl WeeklySpan {
    /// Reads days (`Mon-Fri`, `Sat,Sun`), hours (`08:00-18:00`, `22:00-06:00`) or days and hours.
    ///
    /// # Errors
    ///
    /// What is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut words = text.split_whitespace();
        let first = words.next().ok_or("it is empty")?;
        let is_hours = |word: &str| word.starts_with(|c: char| c.is_ascii_digit());
        let (days, hours) = match (is_hours(first), words.next()) {
            (true, None) => (None, Some(first)),
            (false, hours) => (Some(first), hours),
            (true, Some(_)) => return Err(format!("the days come before the hours, as in `{EXAMPLE}`")),
        };
        if let Some(more) = words.next() {
            return Err(format!(
                "'{more}' is too much: it has days and hours, as in `{EXAMPLE}`; write a list for more"
            ));
        }
        let days = days.map_or(Ok([true; 7]), read_days)?;
        let hours = hours.map_or(Ok(vec![(0, DAY)]), read_hours)?;
        Ok(Self { days, hours })
    }

    fn has(&self, day: Weekday) -> bool {
        self.days[day.num_days_from_monday() as usize]
    }
}

const EXAMPLE: &str = "Mon-Fri 08:00-18:00";

fn read_days(text: &str) -> Result<[bool; 7], String> {
    let mut days = [false; 7];
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let [first, last] = [first, last].map(|name| {
            let day = name.parse::<Weekday>().map_err(|_| format!("'{name}' is no day of the week; write Mon to Sun"));
            day.map(|day| day.num_days_from_monday() as usize)
        });
        let (first, last) = (first?, last?);
        let mut day = first;
        loop {
            days[day] = true;
            if day == last {
                break;
            }
            day = (day + 1) % 7;
        }
    }
    Ok(days)
}

fn read_hours(text: &str) -> Result<Vec<(u32, u32)>, String> {
    let span = |part: &str| {
        let (begin, end) = part.split_once('-').ok_or_else(|| format!("'{part}' has no end, as in `08:00-18:00`"))?;
        let (begin, end) = (minute_of(begin)?, minute_of(end)?);
        if begin == end || begin == DAY {
            return Err(format!("'{part}' has no minute; for whole days leave the hours out"));
        }
        Ok((begin, end))
    };
    text.split(',').map(span).collect()
}

/// The minute of the day, `24:00` too.
fn minute_of(text: &str) -> Result<u32, String> {
    let wrong = || format!("'{text}' is no time of day; write 00:00 to 24:00");
    let (hour, minute) = text.split_once(':').ok_or_else(wrong)?;
    let number = |digits: &str| {
        let is_number = (1..=2).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit());
        is_number.then(|| digits.parse::<u32>().ok()).flatten().ok_or_else(wrong)
    };
    let (hour, minute) = (number(hour)?, number(minute)?);
    let minutes = hour * 60 + minute;
    if minute > 59 || minutes > DAY { Err(wrong()) } else { Ok(minutes) }
}

fn time_of(minute: u32) -> NaiveTime {
    NaiveTime::MIN.overflowing_add_signed(TimeDelta::minutes(minute.into())).0
}
