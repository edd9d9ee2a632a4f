//! Dates and times of day, in the forms that programs print.

use crate::verdict::odd::mask::words::ends_word;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// What may follow a time of day.
const ZONES: [&str; 27] = [
    "UTC", "GMT", "CEST", "CET", "BST", "WEST", "WET", "EEST", "EET", "MSK", "IST", "JST", "KST", "EDT", "EST", "CDT",
    "CST", "MDT", "MST", "PDT", "PST", "AEDT", "AEST", "AM", "PM", "am", "pm",
];

/// The most parts that a moment has: `Sun, 29 Nov 2026 10:00:00 PM GMT`.
const MOST_PARTS: usize = 8;

/// The years that a number of four digits may mean.
const YEARS: std::ops::Range<u32> = 1900..2200;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Weekday,
    Month,
    /// `2026-11-29`
    Date,
    /// `10:00`, `10:00:00.123`
    Clock,
    Zone,
    /// A number of one or two digits.
    Day,
    Year,
}

/// The parts that a moment has so far.
#[derive(Clone, Copy, Debug, Default)]
struct Known(u8);

impl Known {
    fn has(self, part: Part) -> bool {
        self.0 & (1 << part as u8) != 0
    }

    /// Takes a part over. `None` when a moment cannot go on with it.
    fn with(self, part: Part, before: Option<Part>) -> Option<Self> {
        let fits = match part {
            Part::Weekday => !self.has(Part::Clock),
            Part::Month => !self.has(Part::Date),
            // A day stands beside its month.
            Part::Day => !self.has(Part::Date) && matches!(before, None | Some(Part::Weekday | Part::Month)),
            Part::Year => self.has(Part::Month),
            Part::Date => !self.has(Part::Month) && !self.has(Part::Clock),
            Part::Clock => true,
            Part::Zone => self.has(Part::Clock),
        };
        // `PM GMT`
        let is_new = !self.has(part) || part == Part::Zone;
        (fits && is_new).then_some(Self(self.0 | (1 << part as u8)))
    }

    /// Whether this is a moment, and not just a word and a number.
    fn is_moment(self) -> bool {
        let is_day_of_month = self.has(Part::Month) && (self.has(Part::Day) || self.has(Part::Year));
        let is_any = self.has(Part::Date) || self.has(Part::Clock) || is_day_of_month;
        is_any && (self.has(Part::Month) || !self.has(Part::Day))
    }
}

/// The end of the longest moment that begins here.
pub(super) fn moment(bytes: &[u8], at: usize) -> Option<usize> {
    let (mut known, mut before) = (Known::default(), None);
    let (mut next, mut found) = (at, None);
    for _ in 0..MOST_PARTS {
        let Some((part, end)) = part(bytes, next, before) else { break };
        let Some(with) = known.with(part, before) else { break };
        known = with;
        if known.is_moment() {
            found = Some(end);
        }
        before = Some(part);
        let Some(start) = behind_separator(bytes, end, part) else { break };
        next = start;
    }
    found
}

/// Where the next part may begin.
fn behind_separator(bytes: &[u8], end: usize, part: Part) -> Option<usize> {
    let rest = &bytes[end..];
    let length = match (part, rest) {
        (Part::Clock, [b'Z' | b'+' | b'-', ..]) => 0,
        (_, [b' ' | b',', b' ', ..]) => 2,
        (Part::Date, [b'T' | b'_', ..]) | (Part::Year, [b':', ..]) | (_, [b' ' | b'/' | b'-' | b',', ..]) => 1,
        _ => return None,
    };
    Some(end + length).filter(|at| *at < bytes.len())
}

fn part(bytes: &[u8], at: usize, before: Option<Part>) -> Option<(Part, usize)> {
    let first = *bytes.get(at)?;
    let follows_clock = matches!(before, Some(Part::Clock | Part::Zone | Part::Year));
    if let Some(end) = zone(bytes, at).filter(|_| follows_clock) {
        return Some((Part::Zone, end));
    }
    if first.is_ascii_alphabetic() {
        let length = bytes[at..].iter().take(10).take_while(|byte| byte.is_ascii_alphabetic()).count();
        let (word, end) = (&bytes[at..at + length], at + length);
        return if !ends_word(bytes, end) {
            None
        } else if is_name(word, &MONTHS) {
            Some((Part::Month, end))
        } else {
            is_name(word, &WEEKDAYS).then_some((Part::Weekday, end))
        };
    }
    date(bytes, at)
        .map(|end| (Part::Date, end))
        .or_else(|| clock(bytes, at).map(|end| (Part::Clock, end)))
        .or_else(|| day_or_year(bytes, at))
}

/// Whether the word is one of the names, or the first three letters of one. A name begins with a capital: `may` is a verb.
fn is_name(word: &[u8], names: &[&str]) -> bool {
    let is_full = |name: &str| word == name.as_bytes();
    let is_short = |name: &str| {
        word.len() == 3 && word[0] == name.as_bytes()[0] && word.eq_ignore_ascii_case(&name.as_bytes()[..3])
    };
    names.iter().any(|name| is_full(name) || is_short(name))
}

/// The digits that stand here, at least one and at most `most`, and where they end.
fn digits(bytes: &[u8], at: usize, most: usize) -> Option<(u32, usize)> {
    let length = bytes.get(at..)?.iter().take(most + 1).take_while(|byte| byte.is_ascii_digit()).count();
    if length == 0 || length > most {
        return None;
    }
    let value = bytes[at..at + length].iter().fold(0, |value, digit| value * 10 + u32::from(digit - b'0'));
    Some((value, at + length))
}

fn day_or_year(bytes: &[u8], at: usize) -> Option<(Part, usize)> {
    let (value, end) = digits(bytes, at, 4)?;
    let goes_on = matches!(bytes.get(end), Some(b'.' | b',')) && bytes.get(end + 1).is_some_and(u8::is_ascii_digit);
    match end - at {
        1 | 2 if (1..=31).contains(&value) && ends_word(bytes, end) && !goes_on => Some((Part::Day, end)),
        4 if YEARS.contains(&value) && ends_word(bytes, end) && !goes_on => Some((Part::Year, end)),
        _ => None,
    }
}

fn date(bytes: &[u8], at: usize) -> Option<usize> {
    let (_, end) = digits(bytes, at, 4).filter(|(year, end)| YEARS.contains(year) && end - at == 4)?;
    let separator = *bytes.get(end).filter(|byte| matches!(byte, b'-' | b'/' | b'.'))?;
    let (month, end) = digits(bytes, end + 1, 2)?;
    let (day, end) = digits(bytes, end + 1, 2).filter(|_| bytes.get(end) == Some(&separator))?;
    let follows_time = bytes.get(end) == Some(&b'T') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit);
    ((1..=12).contains(&month) && (1..=31).contains(&day) && (ends_word(bytes, end) || follows_time)).then_some(end)
}

fn clock(bytes: &[u8], at: usize) -> Option<usize> {
    let colon = |at: usize| bytes.get(at) == Some(&b':');
    let (hour, end) = digits(bytes, at, 2).filter(|(_, end)| colon(*end))?;
    let two = |at: usize| digits(bytes, at, 2).filter(|(value, end)| *value < 61 && end - at == 2);
    let (_, mut end) = two(end + 1)?;
    if let Some((_, behind_seconds)) = two(end + 1).filter(|_| colon(end)) {
        end = behind_seconds;
        if matches!(bytes.get(end), Some(b'.' | b',')) {
            end = digits(bytes, end + 1, 9).map_or(end, |(_, behind_fraction)| behind_fraction);
        }
    }
    let is_utc = bytes.get(end) == Some(&b'Z') && ends_word(bytes, end + 1);
    let goes_on = colon(end) && bytes.get(end + 1).is_some_and(u8::is_ascii_digit);
    (hour < 25 && (ends_word(bytes, end) || is_utc) && !goes_on).then_some(end)
}

/// `Z`, `+01:00`, `-0500`, or a name.
fn zone(bytes: &[u8], at: usize) -> Option<usize> {
    let end = match *bytes.get(at)? {
        b'Z' => at + 1,
        b'+' | b'-' => {
            let (_, end) = digits(bytes, at + 1, 4).filter(|(_, end)| matches!(end - at - 1, 2 | 4))?;
            let behind_minutes = digits(bytes, end + 1, 2).filter(|_| bytes.get(end) == Some(&b':'));
            behind_minutes.map_or(end, |(_, end)| end)
        }
        _ => at + ZONES.iter().find(|zone| bytes[at..].starts_with(zone.as_bytes()))?.len(),
    };
    ends_word(bytes, end).then_some(end)
}
