//! Times of crontabs, as `Cron` has them.
//!
//! Cron takes more than `Cron` does, and takes it silently: a step that is longer than its range is the begin of the range alone.
//! What `Cron` does not take, and cron does, becomes a list of the same times.

use std::collections::BTreeSet;

use smoker_model::calendar::cron::CronPattern;

/// A field of a line.
struct Field {
    name: &'static str,
    first: u32,
    last: u32,
    /// What stands for numbers, and that of the first.
    names: (&'static [&'static str], u32),
}

const FIELDS: [Field; 5] = [
    Field { name: "minute", first: 0, last: 59, names: (&[], 0) },
    Field { name: "hour", first: 0, last: 23, names: (&[], 0) },
    Field { name: "day", first: 1, last: 31, names: (&[], 0) },
    Field {
        name: "month",
        first: 1,
        last: 12,
        names: (&["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1),
    },
    Field { name: "weekday", first: 0, last: 7, names: (&["sun", "mon", "tue", "wed", "thu", "fri", "sat"], 0) },
];

/// Where the day and the weekday are among the fields.
const DAYS: [usize; 2] = [2, 4];

/// The value of `Cron` that has the times of these five fields.
///
/// # Errors
///
/// Why cron does not take them, or why `Cron` cannot have them.
pub(super) fn of(fields: [&str; 5]) -> Result<String, String> {
    let mut times = Vec::new();
    for (at, (field, text)) in FIELDS.iter().zip(fields).enumerate() {
        let values = field.values(text)?;
        times.push(if is_taken(at, text) { text.to_owned() } else { field.written(text, &values) });
    }
    // For cron a day that begins with a star has to fit beside a weekday; in a list that would be lost.
    let is_lost = |at: usize| fields[at].starts_with('*') && !times[at].starts_with('*');
    let [day, weekday] = DAYS;
    if (is_lost(day) && fields[weekday] != "*") || (is_lost(weekday) && fields[day] != "*") {
        return Err("its day and weekday cannot be written as Cron; write the days as numbers".to_owned());
    }
    let times = times.join(" ");
    CronPattern::parse(&times)?;
    Ok(times)
}

/// Whether `Cron` takes a field as it is.
fn is_taken(at: usize, text: &str) -> bool {
    let mut fields = ["*"; 5];
    fields[at] = text;
    CronPattern::parse(&fields.join(" ")).is_ok()
}

impl Field {
    /// The numbers that a field has for cron.
    fn values(&self, text: &str) -> Result<BTreeSet<u32>, String> {
        let mut values = BTreeSet::new();
        for part in text.split(',') {
            let (range, step) = match part.split_once('/') {
                Some((range, step)) => (range, Some(step)),
                None => (part, None),
            };
            let (first, last) = if range == "*" {
                (self.first, self.last)
            } else if let Some((first, last)) = range.split_once('-') {
                (self.number(first)?, self.number(last)?)
            } else if step.is_some() {
                return Err(format!(
                    "{part} is a step without a range, which not all cron take the same way; write {range}-{}/{} or {range}",
                    self.last,
                    step.unwrap_or_default()
                ));
            } else {
                let number = self.number(range)?;
                (number, number)
            };
            if first > last {
                return Err(format!("{part} ends before it begins, which cron does not take, or never runs"));
            }
            let step = match step {
                None => 1,
                Some(step) => match number(step) {
                    Some(step) if step > 0 => step,
                    _ => return Err(format!("{part} has no step that cron takes")),
                },
            };
            values.extend((first..=last).step_by(step.try_into().unwrap_or(usize::MAX)));
        }
        Ok(values)
    }

    /// A number or a name of the field.
    fn number(&self, text: &str) -> Result<u32, String> {
        let (names, first) = self.names;
        let named =
            names.iter().zip(first..).find(|(name, _)| text.eq_ignore_ascii_case(name)).map(|(_, number)| number);
        let number = named.or_else(|| number(text).filter(|number| (self.first..=self.last).contains(number)));
        number.ok_or_else(|| format!("{text} is no {} for cron", self.name))
    }

    /// Numbers as `Cron` has them.
    fn written(&self, text: &str, values: &BTreeSet<u32>) -> String {
        let is_all = (self.first..=self.last).all(|number| values.contains(&number));
        if is_all {
            return "*".to_owned();
        }
        // As many as the range has, and it is the first one alone.
        let whole = format!("*/{}", self.last - self.first + 1);
        let at = FIELDS.iter().position(|field| field.name == self.name).unwrap_or_default();
        if text.starts_with('*') && values.len() == 1 && is_taken(at, &whole) {
            return whole;
        }
        values.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
    }
}

fn number(text: &str) -> Option<u32> {
    let is_number = !text.is_empty() && text.len() <= 9 && text.bytes().all(|c| c.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc};
    use smoker_model::calendar::zone::Zone;

    use super::*;

    /// Whether cron runs a job at a minute, as the source of Vixie's has it.
    fn runs(fields: [&str; 5], at: DateTime<Utc>) -> bool {
        let weekday = at.weekday().num_days_from_sunday();
        let numbers = [at.minute(), at.hour(), at.day(), at.month(), weekday];
        let has = |at: usize| {
            let values = FIELDS[at].values(fields[at]).expect("cron takes it");
            values.contains(&numbers[at]) || (at == 4 && numbers[at] == 0 && values.contains(&7))
        };
        let is_star = |at: usize| fields[at].starts_with('*');
        let is_day = if is_star(2) || is_star(4) { has(2) && has(4) } else { has(2) || has(4) };
        has(0) && has(1) && has(3) && is_day
    }

    #[test]
    fn times_are_those_of_cron() {
        let zone = Zone::named("UTC").expect("UTC");
        let start: DateTime<Utc> = "2026-01-01T00:00:00Z".parse().expect("a time");
        let times = |text: &str, span: TimeDelta| {
            let pattern = CronPattern::parse(text).expect("Cron takes it");
            let next = |last: &DateTime<Utc>| pattern.next_after(*last, &zone).filter(|next| *next <= start + span);
            std::iter::successors(next(&start), next).collect::<Vec<_>>()
        };
        for fields in [
            ["*/90", "*", "*", "*", "*"],
            ["*/60", "*/24", "*", "*", "*"],
            ["0-59/7", "*", "*", "*", "*"],
            ["10-20/30", "5", "*", "*", "*"],
            ["05,35", "00", "01", "*", "*"],
            ["0", "*/36", "*", "*", "*"],
            ["0", "0", "*/40", "*", "*"],
            ["0", "0", "*/40", "*", "mon"],
            ["0", "0", "*/2", "*", "1-5"],
            ["0", "0", "1-7", "*", "*/8"],
            ["0", "0", "*", "*", "7"],
            ["0", "0", "*", "*", "5-7"],
            ["0", "0", "*", "*", "0,7"],
            ["0", "0", "*", "*", "*/7"],
            ["0", "0", "*", "*", "Mon-fri/2,SUN"],
            ["0", "0", "*", "jan-MAR,dec", "*"],
            ["0", "0", "13", "*", "5"],
            ["0", "0", "*,5", "*", "5"],
            ["0-59", "0-23", "1-31", "1-12", "0-7"],
            ["1-5/10", "2-4/99", "1-31/50", "*/13", "*"],
        ] {
            let text = of(fields).unwrap_or_else(|reason| panic!("{fields:?}: {reason}"));
            // Each minute of a day and a half, then each day of two years.
            let minutes = (1..=36 * 60).map(|minute| start + TimeDelta::minutes(minute));
            let expected: Vec<_> = minutes.filter(|at| runs(fields, *at)).collect();
            assert_eq!(times(&text, TimeDelta::hours(36)), expected, "{fields:?} as {text}");
            let midnight = ["0", "0", fields[2], fields[3], fields[4]];
            let days = (1..730).map(|day| start + TimeDelta::days(day));
            let expected: Vec<_> = days.filter(|day| runs(midnight, *day)).collect();
            assert_eq!(times(&of(midnight).expect("times"), TimeDelta::days(729)), expected, "{fields:?} as {text}");
        }
    }

    #[test]
    fn what_cron_does_not_take_or_takes_otherwise_has_a_reason() {
        for (fields, reason) in [
            (["60", "*", "*", "*", "*"], "60 is no minute for cron"),
            (["*", "24", "*", "*", "*"], "24 is no hour for cron"),
            (["*", "*", "0", "*", "*"], "0 is no day for cron"),
            (["*", "*", "L", "*", "*"], "L is no day for cron"),
            (["*", "*", "?", "*", "*"], "? is no day for cron"),
            (["*", "*", "*", "*", "8"], "8 is no weekday for cron"),
            (["*", "*", "*", "*", "monday"], "monday is no weekday for cron"),
            (["*/0", "*", "*", "*", "*"], "*/0 has no step that cron takes"),
            (["5/15", "*", "*", "*", "*"], "write 5-59/15 or 5"),
            (["*", "22-4", "*", "*", "*"], "22-4 ends before it begins"),
            (["*", "*", "*", "*", "sat-sun"], "sat-sun ends before it begins"),
            (["", "*", "*", "*", "*"], " is no minute for cron"),
            (["0~30", "*", "*", "*", "*"], "0~30 is no minute for cron"),
        ] {
            let found = of(fields).expect_err("a reason");
            assert!(found.contains(reason), "{fields:?}: {found}");
        }
    }
}
