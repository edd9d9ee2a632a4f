//! Hours of the week, and windows of maintenance.

use std::time::Duration;

use chrono::{DateTime, Utc};
use smoker_model::calendar::cron::CronPattern;
use smoker_model::calendar::maintenance::{MaintenanceWindow, end_at};
use smoker_model::calendar::schedule::CalendarSchedule;
use smoker_model::calendar::weekly::{WeeklyHours, WeeklySpan};
use smoker_model::calendar::zone::Zone;

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

fn prague() -> Zone {
    Zone::named("Europe/Prague").expect("a zone")
}

fn hours(texts: &[&str]) -> WeeklyHours {
    let spans = texts.iter().map(|text| WeeklySpan::parse(text).expect("hours")).collect();
    WeeklyHours { spans, zone: prague() }
}

#[test]
fn hours_of_the_week_have_their_instants() {
    // 2026-11-30 is a Monday; the clocks are one hour ahead of UTC.
    for (texts, inside, outside) in [
        (
            &["Mon-Fri 08:00-18:00"][..],
            &["2026-11-30T07:00:00Z", "2026-12-04T16:59:59Z"][..],
            &["2026-11-30T06:59:59Z", "2026-11-30T17:00:00Z", "2026-12-05T10:00:00Z"][..],
        ),
        (
            &["Sat,Sun"],
            &["2026-12-05T00:00:00Z", "2026-12-06T22:59:00Z"],
            &["2026-12-06T23:00:00Z", "2026-12-04T22:59:00Z"],
        ),
        (
            &["22:00-06:00"],
            &["2026-11-30T21:00:00Z", "2026-11-30T04:59:00Z"],
            &["2026-11-30T05:00:00Z", "2026-11-30T20:59:00Z"],
        ),
        (
            &["Fri 22:00-06:00"],
            &["2026-12-04T22:00:00Z", "2026-12-05T04:59:00Z"],
            &["2026-12-04T04:00:00Z", "2026-12-05T21:30:00Z"],
        ),
        (&["fri-mon 00:00-24:00"], &["2026-11-30T12:00:00Z", "2026-12-05T12:00:00Z"], &["2026-12-01T12:00:00Z"]),
        (
            &["Mon 08:00-12:00,13:00-17:00", "Sunday"],
            &["2026-11-30T07:30:00Z", "2026-11-30T12:30:00Z", "2026-11-29T12:00:00Z"],
            &["2026-11-30T11:30:00Z"],
        ),
        // The hour that comes twice is inside twice.
        (
            &["Sun 02:00-03:00"],
            &["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"],
            &["2026-10-25T02:00:00Z", "2026-10-24T23:59:00Z"],
        ),
    ] {
        let hours = hours(texts);
        for (times, expected) in [(inside, true), (outside, false)] {
            for time in times {
                assert_eq!(hours.has(instant(time)), expected, "{texts:?} {time}");
            }
        }
    }
}

#[test]
fn the_next_instant_within_hours() {
    for (text, from, next) in [
        ("Mon-Fri 08:00-18:00", "2026-12-04T17:00:00Z", "2026-12-07T07:00:00Z"),
        ("Mon-Fri 08:00-18:00", "2026-12-04T12:34:56Z", "2026-12-04T12:34:56Z"),
        ("Sun 02:00-03:30", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z"),
        ("Sun 02:00-02:30", "2026-03-28T12:00:00Z", "2026-04-05T00:00:00Z"),
        ("Mon 08:00-09:00", "2026-11-30T08:00:00Z", "2026-12-07T07:00:00Z"),
    ] {
        assert_eq!(hours(&[text]).next_from(instant(from)), Some(instant(next)), "{text}");
    }
}

#[test]
fn what_are_no_hours_is_refused_with_the_reason() {
    for (text, reason) in [
        ("", "empty"),
        ("Mon-Fry", "'Fry' is no day of the week"),
        ("08:00-18:00 Mon-Fri", "the days come before the hours"),
        ("Mon 08:00", "has no end"),
        ("Mon 08:00-25:00", "'25:00' is no time of day"),
        ("Mon 08:60-09:00", "'08:60' is no time of day"),
        ("Mon 08:00-08:00", "has no minute"),
        ("Mon 8-18", "'8' is no time of day"),
        ("Mon 08:00-18:00 Tue", "'Tue' is too much"),
    ] {
        let refused = WeeklySpan::parse(text).expect_err(text);
        assert!(refused.contains(reason), "{text}: {refused}");
    }
}

#[test]
fn a_window_of_maintenance_lasts_as_long_as_it_says_by_any_clock() {
    let patterns = vec![CronPattern::parse("30 1 * * SUN").expect("a pattern")];
    let begins = CalendarSchedule { patterns, zone: prague() };
    let window = MaintenanceWindow { begins, duration: Duration::from_secs(2 * 3600) };
    let end = |at: &str| window.end_at(instant(at));
    assert_eq!(end("2026-12-06T00:30:00Z"), Some(instant("2026-12-06T02:30:00Z")));
    assert_eq!(end("2026-12-06T02:29:59Z"), Some(instant("2026-12-06T02:30:00Z")));
    assert_eq!([end("2026-12-06T00:29:59Z"), end("2026-12-06T02:30:01Z"), end("2026-12-07T01:00:00Z")], [None; 3]);
    // The clocks are put forward within it.
    assert_eq!(end("2026-03-29T01:30:00Z"), Some(instant("2026-03-29T02:30:00Z")));
}

/// What is held by one window goes on to be held by the next.
#[test]
fn maintenance_ends_with_the_last_of_windows_that_overlap() {
    let window = |pattern: &str, minutes: u64| {
        let patterns = vec![CronPattern::parse(pattern).expect("a pattern")];
        let begins = CalendarSchedule { patterns, zone: prague() };
        MaintenanceWindow { begins, duration: Duration::from_secs(60 * minutes) }
    };
    let end = |windows: &[MaintenanceWindow], at: &str| end_at(windows, instant(at));
    let two = [window("0 1 * * *", 60), window("30 1 * * *", 60)];
    for at in ["2026-12-06T00:10:00Z", "2026-12-06T00:40:00Z", "2026-12-06T01:10:00Z"] {
        assert_eq!(end(&two, at), Some(instant("2026-12-06T01:30:00Z")), "{at}");
    }
    assert_eq!(end(&two, "2026-12-06T01:30:00Z"), None);
    // One that begins again before it has ended.
    let itself = [window("0 1-4 * * *", 90)];
    assert_eq!(end(&itself, "2026-12-06T00:30:00Z"), Some(instant("2026-12-06T04:30:00Z")));
    // What never ends has an end to wait for.
    let always = [window("* * * * *", 10)];
    assert!(end(&always, "2026-12-06T00:30:00Z") > Some(instant("2026-12-06T00:45:00Z")));
}

#[test]
fn hours_that_were_over_begin_once_more_where_clocks_are_put_back() {
    // From 03:00 to 02:00, at 01:00 in UTC.
    let hours = hours(&["01:00-02:30"]);
    for (from, next) in [
        ("2026-10-24T23:00:00Z", "2026-10-24T23:00:00Z"),
        ("2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z"),
        ("2026-10-25T00:59:59.5Z", "2026-10-25T01:00:00Z"),
        ("2026-10-25T01:29:59Z", "2026-10-25T01:29:59Z"),
        ("2026-10-25T01:30:00Z", "2026-10-26T00:00:00Z"),
        ("2026-10-23T00:30:00Z", "2026-10-23T23:00:00Z"),
    ] {
        assert_eq!(hours.next_from(instant(from)), Some(instant(next)), "{from}");
    }
    // Nothing else begins with it.
    let hours = self::hours(&["Mon 01:00-01:30"]);
    assert_eq!(hours.next_from(instant("2026-10-25T00:30:00Z")), Some(instant("2026-10-26T00:00:00Z")));
}
