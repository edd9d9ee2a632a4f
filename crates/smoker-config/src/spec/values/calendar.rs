//! `Cron`, `At`, `Timezone`, `Missed`, `Only` and `Maintenance`.
//!
//! These names were parameters of the user's own before they meant something: a value that cannot be meant for the key leaves
//! the plugin as it is. What looks like a time and is none is an error, because the plugin would not run when it should.

use chrono::{DateTime, Utc};
use smoker_model::calendar::cron::CronPattern;
use smoker_model::calendar::maintenance::{MaintenanceWindow, has_all_hours, has_all_times, never_ends};
use smoker_model::calendar::schedule::CalendarSchedule;
use smoker_model::calendar::weekly::{WeeklyHours, WeeklySpan};
use smoker_model::calendar::zone::Zone;
use smoker_model::notation::python_text;
use smoker_model::plugin::MissedRuns;
use smoker_model::value::Value;
use std::time::Duration;

use crate::spec::values::faults::near_members;
use crate::spec::values::quantity;
use crate::spec::values::shown::shown;

/// A key whose value does not count as it was written, and why.
pub(crate) type Warning = (&'static str, String);

/// A key that is meant and wrong, and why.
pub(crate) type Wrong = (&'static str, String);

/// What the keys say.
#[derive(Debug, Default)]
pub(crate) struct CalendarKeys {
    pub(crate) schedule: Option<CalendarSchedule>,
    pub(crate) missed: MissedRuns,
    pub(crate) only: Option<WeeklyHours>,
    pub(crate) maintenance: Vec<MaintenanceWindow>,
    pub(crate) zone: Zone,
    pub(crate) warnings: Vec<Warning>,
    pub(crate) wrong: Vec<Wrong>,
}

/// A value, as one of the keys has it.
enum Meant<T> {
    /// It counts.
    Yes(T),
    /// It is meant for the key, and wrong.
    Wrong(String),
    /// It is a parameter of the user's own.
    No(String),
}

/// Reads the keys of a plugin. Days without a run are looked for from `now` on.
pub(crate) fn read<'a>(get: impl Fn(&str) -> Option<&'a Value>, now: DateTime<Utc>) -> CalendarKeys {
    let mut keys = CalendarKeys::default();
    let patterns: Vec<_> = ["Cron", "At"].into_iter().flat_map(|key| keys.patterns(key, get(key))).collect();
    let only = keys.take("Only", get("Only"), only);
    let maintenance = keys.take("Maintenance", get("Maintenance"), maintenance).unwrap_or_default();
    keys.missed = keys.take("Missed", get("Missed"), missed).unwrap_or_default();
    let zone = get("Timezone").map_or(Ok(Zone::Machine), zone);
    let needs_zone = !patterns.is_empty() || only.is_some() || maintenance.iter().any(|window| window.zone.is_none());
    let zone = match zone {
        Ok(zone) => zone,
        Err(reason) if needs_zone => {
            keys.wrong.push(("Timezone", format!("Timezone: {reason}")));
            return keys;
        }
        Err(reason) => {
            keys.warnings.push(("Timezone", plain("Timezone", &reason)));
            return keys;
        }
    };
    for (key, pattern) in &patterns {
        if pattern.next_after(now, &zone).is_none() {
            let reason =
                format!("{key} {} never comes, so it would never run; correct the day or the month", pattern.text());
            keys.wrong.push((key, reason));
        }
    }
    keys.zone = zone.clone();
    keys.maintenance = maintenance.into_iter().map(|window| window.in_zone(&zone)).collect();
    if keys.maintenance.iter().any(|window| window.begins.next_after(now).is_none()) {
        let reason = "Maintenance has a window whose Cron never comes; correct the day or the month";
        keys.wrong.push(("Maintenance", reason.to_owned()));
    }
    if keys.wrong.is_empty() && never_ends(&keys.maintenance, now) {
        let reason = "Maintenance has a window at any time, so nothing is ever checked; make it shorter";
        keys.warnings.push(("Maintenance", reason.to_owned()));
    }
    keys.only = only.map(|spans| WeeklyHours { spans, zone: zone.clone() });
    let runs_otherwise = ["Interval", "After"].iter().any(|key| get(key).is_some_and(Value::is_truthy));
    if let Some(only) = keys.only.as_ref().filter(|_| patterns.is_empty() && runs_otherwise && keys.wrong.is_empty())
        && has_all_hours(&keys.maintenance, only, now)
    {
        let reason = "Maintenance has all hours of Only, so nothing is ever checked by itself; correct one of them";
        keys.warnings.push(("Maintenance", reason.to_owned()));
    }
    if !patterns.is_empty() {
        let patterns = patterns.into_iter().map(|(_, pattern)| pattern).collect();
        let schedule = CalendarSchedule { patterns, zone };
        if keys.wrong.is_empty() && schedule.next_within(now, keys.only.as_ref()).is_none() {
            let reason = "Only has none of its times of Cron and At, so it would never run; correct one of them";
            keys.wrong.push(("Only", reason.to_owned()));
        }
        if keys.wrong.is_empty() && has_all_times(&keys.maintenance, &schedule, keys.only.as_ref(), now) {
            let reason = "Maintenance has all times of Cron and At, so nothing is ever checked; correct one of them";
            keys.warnings.push(("Maintenance", reason.to_owned()));
        }
        keys.schedule = Some(schedule);
    }
    keys
}

impl CalendarKeys {
    fn take<T>(&mut self, key: &'static str, value: Option<&Value>, read: impl Fn(&Value) -> Meant<T>) -> Option<T> {
        let value = value?;
        // It takes back what a template says.
        if matches!(value, Value::List(items) if items.is_empty()) {
            return None;
        }
        match read(value) {
            Meant::Yes(value) => return Some(value),
            Meant::Wrong(reason) => self.wrong.push((key, format!("{key} {reason}"))),
            Meant::No(reason) => self.warnings.push((key, plain(key, &reason))),
        }
        None
    }

    /// The times of a key, which may be a list.
    fn patterns(&mut self, key: &'static str, value: Option<&Value>) -> Vec<(&'static str, CronPattern)> {
        let Some(value) = value else { return Vec::new() };
        let read = if key == "Cron" { cron } else { at };
        let one = std::slice::from_ref(value);
        let items = if let Value::List(items) = value { items.as_slice() } else { one };
        if let Some(text) = items.iter().find_map(|item| unquoted_time(key, item)) {
            self.warnings.push((key, text));
        }
        items.iter().filter_map(|item| Some((key, self.take(key, Some(item), read)?))).collect()
    }
}

fn plain(key: &str, reason: &str) -> String {
    let stop = if reason.ends_with('?') { " It" } else { "; it" };
    format!("{key} {reason}{stop} is a plain parameter and sets nothing")
}

fn cron(value: &Value) -> Meant<CronPattern> {
    let how = "has to be a pattern such as '30 2 * * *', or @daily";
    let Some(text) = value.as_text().filter(|text| looks_like_cron(text)) else {
        return Meant::No(format!("{how}, not {}", shown(value)));
    };
    match CronPattern::parse(text) {
        Ok(pattern) => Meant::Yes(pattern),
        Err(reason) => Meant::Wrong(format!("'{text}' is no pattern of cron: {reason}")),
    }
}

/// Four to seven fields of letters, numbers and the signs of cron, or a word that begins with `@`.
fn looks_like_cron(text: &str) -> bool {
    let is_field = |field: &str| field.bytes().all(|c| c.is_ascii_alphanumeric() || b"*,/-#?+".contains(&c));
    let mut fields = text.split_whitespace();
    text.trim_start().starts_with('@')
        || ((4..=7).contains(&fields.clone().count())
            && fields.all(is_field)
            && text.bytes().any(|c| c == b'*' || c.is_ascii_digit()))
}

fn at(value: &Value) -> Meant<CronPattern> {
    let how = "has to be a time of day such as \"02:30\", or a list of them";
    let time = match value {
        Value::Text(text) => time_of_day(text),
        // YAML 1.1 reads 12:30 as a number to the base 60.
        Value::Int(minutes) if (60..24 * 60).contains(minutes) => {
            u32::try_from(*minutes).ok().map(|minutes| (minutes / 60, minutes % 60))
        }
        _ => None,
    };
    match time.map(|(hour, minute)| CronPattern::daily(hour, minute)) {
        None => Meant::No(format!("{how}, not {}", shown(value))),
        Some(Ok(pattern)) => Meant::Yes(pattern),
        Some(Err(reason)) => Meant::Wrong(format!("is {}: {reason}", shown(value))),
    }
}

fn time_of_day(text: &str) -> Option<(u32, u32)> {
    let (hour, minute) = text.trim().split_once(':')?;
    let number = |digits: &str, lengths: &[usize]| {
        let is_number = lengths.contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit());
        if is_number { digits.parse::<u32>().ok() } else { None }
    };
    Some((number(hour, &[1, 2])?, number(minute, &[2])?))
}

fn unquoted_time(key: &str, value: &Value) -> Option<String> {
    let Value::Int(minutes) = value else { return None };
    if key != "At" || !(60..24 * 60).contains(minutes) {
        return None;
    }
    let (hour, minute) = (minutes / 60, minutes % 60);
    let text = format!(
        "At is {minutes}, which is how YAML reads {hour}:{minute:02}, and counts as that; put the time in quotes"
    );
    Some(text)
}

fn missed(value: &Value) -> Meant<MissedRuns> {
    match value.as_text() {
        Some(text) if text.eq_ignore_ascii_case("skip") => Meant::Yes(MissedRuns::Skip),
        Some(text) if text.eq_ignore_ascii_case("once") => Meant::Yes(MissedRuns::Once),
        _ => Meant::No(format!("has to be skip or once, not {}", shown(value))),
    }
}

fn zone(value: &Value) -> Result<Zone, String> {
    match value.as_text() {
        Some(name) => Zone::named(name),
        None => Err(format!("has to be a name such as Europe/Prague, not {}", shown(value))),
    }
}

fn only(value: &Value) -> Meant<Vec<WeeklySpan>> {
    let how = "has to be hours of the week such as 'Mon-Fri 08:00-18:00', or a list of them";
    let one = std::slice::from_ref(value);
    let items = if let Value::List(items) = value { items.as_slice() } else { one };
    let mut spans = Vec::new();
    for item in items {
        let Some(text) = item.as_text().filter(|text| looks_like_hours(text)) else {
            return Meant::No(format!("{how}, not {}", shown(item)));
        };
        match WeeklySpan::parse(text) {
            Ok(span) => spans.push(span),
            Err(reason) => return Meant::Wrong(format!("'{text}' is not understood: {reason}")),
        }
    }
    if spans.is_empty() { Meant::No(format!("{how}, not an empty list")) } else { Meant::Yes(spans) }
}

/// Whether it begins with a day of the week, or with hours.
fn looks_like_hours(text: &str) -> bool {
    let first = text.split([' ', ',', '-']).next().unwrap_or_default();
    first.parse::<chrono::Weekday>().is_ok() || (first.contains(':') && first.starts_with(|c: char| c.is_ascii_digit()))
}

/// What an entry of `Maintenance` has.
const MEMBERS: [&str; 3] = ["Cron", "Duration", "Timezone"];

/// An entry of `Maintenance`, whose zone may be that of the plugin.
struct Window {
    pattern: CronPattern,
    duration: Duration,
    zone: Option<Zone>,
}

impl Window {
    fn in_zone(self, zone: &Zone) -> MaintenanceWindow {
        let zone = self.zone.unwrap_or_else(|| zone.clone());
        let begins = CalendarSchedule { patterns: vec![self.pattern], zone };
        MaintenanceWindow { begins, duration: self.duration }
    }
}

fn maintenance(value: &Value) -> Meant<Vec<Window>> {
    let how = "has to be a list of windows such as {Cron: '0 3 * * SUN', Duration: 2h}";
    let one = std::slice::from_ref(value);
    let items = if let Value::List(items) = value { items.as_slice() } else { one };
    let is_window = |item: &&Value| matches!(item, Value::Map(entries) if entries.iter().any(|(key, _)| key.as_text() == Some("Cron")));
    if let Some(reason) = near_members::told(items, &MEMBERS) {
        return Meant::No(reason);
    }
    if items.is_empty() || !items.iter().any(|item| is_window(&item)) {
        let has_entries = items.iter().any(|item| matches!(item, Value::Map(_)));
        let why =
            if has_entries { ", and no window has a Cron".to_owned() } else { format!(", not {}", of_others(value)) };
        return Meant::No(format!("{how}{why}"));
    }
    match items.iter().map(window).collect() {
        Ok(windows) => Meant::Yes(windows),
        Err(reason) => Meant::Wrong(reason),
    }
}

/// What is in the place of a list, or of what should be in one.
fn of_others(value: &Value) -> String {
    match value {
        Value::List(items) if !items.is_empty() => "a list of other things".to_owned(),
        Value::List(_) => "an empty list".to_owned(),
        _ => shown(value),
    }
}

fn window(value: &Value) -> Result<Window, String> {
    let Value::Map(entries) = value else { return Err(format!("has {} among its windows", shown(value))) };
    let (mut pattern, mut duration, mut own_zone) = (None, None, None);
    for (key, value) in entries {
        match key.as_text() {
            Some("Cron") => match cron(value) {
                Meant::Yes(read) => pattern = Some(read),
                Meant::Wrong(reason) | Meant::No(reason) => return Err(format!("has a window whose Cron {reason}")),
            },
            Some("Duration") => {
                if let Value::Bool(_) = value {
                    return Err(format!("has a window whose Duration is {}, which is no time", shown(value)));
                }
                let seconds =
                    quantity::seconds(value).map_err(|reason| format!("has a window whose Duration {reason}"))?;
                let read = Duration::try_from_secs_f64(seconds).ok().filter(|read| !read.is_zero());
                duration = Some(read.ok_or("has a window whose Duration is no time above 0")?);
            }
            Some("Timezone") => {
                own_zone = Some(zone(value).map_err(|reason| format!("has a window whose Timezone: {reason}"))?);
            }
            _ => {
                let name = python_text::str(key);
                return Err(format!("has a window with {name}, which is none of Cron, Duration and Timezone"));
            }
        }
    }
    match (pattern, duration) {
        (Some(pattern), Some(duration)) => Ok(Window { pattern, duration, zone: own_zone }),
        (None, _) => Err("has a window without Cron, the times at which it begins".to_owned()),
        (_, None) => Err("has a window without Duration, such as 2h".to_owned()),
    }
}
