//! Patterns at the times at which clocks are put forward and back, and at the ends of months and years.

use chrono::{DateTime, TimeDelta, Utc};
use smoker_model::calendar::cron::CronPattern;
use smoker_model::calendar::zone::Zone;

use crate::oracle::Oracle;

/// A pattern, a zone, an instant, and the first times after it that somebody has looked up.
type Row = (&'static str, &'static str, &'static str, &'static [&'static str]);

const ROWS: [Row; 68] = [
    // Both days have to fit where one begins with `*`, as for cron.
    ("0 0 */2 * MON", "UTC", "2024-12-31T23:59:00Z", &["2025-01-13T00:00:00Z", "2025-01-27T00:00:00Z"]),
    ("0 0 15 * */3", "UTC", "2024-12-31T23:59:00Z", &["2025-01-15T00:00:00Z", "2025-02-15T00:00:00Z"]),
    // Clocks are put forward from 02:00 to 03:00 at 01:00 UTC.
    (
        "30 2 * * *",
        "Europe/Prague",
        "2026-03-28T00:00:00Z",
        &["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"],
    ),
    (
        "0 2,14 * * *",
        "Europe/Prague",
        "2026-03-28T20:00:00Z",
        &["2026-03-29T01:00:00Z", "2026-03-29T12:00:00Z", "2026-03-30T00:00:00Z"],
    ),
    ("0 2 * * *", "Europe/Prague", "2026-03-29T00:00:00Z", &["2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"]),
    ("0 3 * * *", "Europe/Prague", "2026-03-29T00:00:00Z", &["2026-03-29T01:00:00Z"]),
    ("0 2,3 * * *", "Europe/Prague", "2026-03-29T00:00:00Z", &["2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"]),
    ("30 2,3 * * *", "Europe/Prague", "2026-03-29T00:00:00Z", &["2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z"]),
    ("*/15 2 * * *", "Europe/Prague", "2026-03-29T00:00:00Z", &["2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"]),
    ("0 1-5 * * *", "Europe/Prague", "2026-03-29T00:30:00Z", &["2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"]),
    (
        "0 * * * *",
        "Europe/Prague",
        "2026-03-28T23:30:00Z",
        &["2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"],
    ),
    (
        "*/15 * * * *",
        "Europe/Prague",
        "2026-03-29T00:40:00Z",
        &["2026-03-29T00:45:00Z", "2026-03-29T01:00:00Z", "2026-03-29T01:15:00Z"],
    ),
    ("30 * * * *", "Europe/Prague", "2026-03-29T00:00:00Z", &["2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z"]),
    ("0 */2 * * *", "Europe/Prague", "2026-03-28T23:30:00Z", &["2026-03-29T02:00:00Z", "2026-03-29T04:00:00Z"]),
    ("30 2 29 3 *", "Europe/Prague", "2026-01-01T00:00:00Z", &["2026-03-29T01:00:00Z", "2027-03-29T00:30:00Z"]),
    ("30 2 * * SUN", "Europe/Prague", "2026-03-28T00:00:00Z", &["2026-03-29T01:00:00Z", "2026-04-05T00:30:00Z"]),
    ("59 1 * * *", "Europe/Prague", "2026-03-29T00:00:00Z", &["2026-03-29T00:59:00Z", "2026-03-29T23:59:00Z"]),
    // Clocks are put back from 03:00 to 02:00 at 01:00 UTC.
    ("30 2 * * *", "Europe/Prague", "2026-10-24T12:00:00Z", &["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]),
    ("30 2 * * *", "Europe/Prague", "2026-10-25T00:45:00Z", &["2026-10-26T01:30:00Z"]),
    ("30 2 * * *", "Europe/Prague", "2026-10-25T01:15:00Z", &["2026-10-26T01:30:00Z"]),
    (
        "30 2,3 * * *",
        "Europe/Prague",
        "2026-10-24T12:00:00Z",
        &["2026-10-25T00:30:00Z", "2026-10-25T02:30:00Z", "2026-10-26T01:30:00Z"],
    ),
    ("0 2 * * *", "Europe/Prague", "2026-10-25T00:00:00Z", &["2026-10-26T01:00:00Z"]),
    ("0 3 * * *", "Europe/Prague", "2026-10-25T00:00:00Z", &["2026-10-25T02:00:00Z"]),
    (
        "*/15 2 * * *",
        "Europe/Prague",
        "2026-10-25T00:20:00Z",
        &["2026-10-25T00:30:00Z", "2026-10-25T00:45:00Z", "2026-10-26T01:00:00Z"],
    ),
    (
        "0 * * * *",
        "Europe/Prague",
        "2026-10-24T23:30:00Z",
        &["2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"],
    ),
    (
        "*/30 * * * *",
        "Europe/Prague",
        "2026-10-25T00:00:00Z",
        &["2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z"],
    ),
    (
        "30 */2 * * *",
        "Europe/Prague",
        "2026-10-24T23:00:00Z",
        &["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T03:30:00Z"],
    ),
    ("0 0-23 * * *", "UTC", "2026-10-24T23:30:00Z", &["2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z"]),
    // Other zones: the afternoon in America, midnight in Cuba and Beirut, half an hour on an island, and none.
    ("30 2 * * *", "America/New_York", "2026-03-08T00:00:00Z", &["2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"]),
    ("30 1 * * *", "America/New_York", "2026-11-01T00:00:00Z", &["2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"]),
    ("0 1,2 * * *", "America/New_York", "2026-11-01T00:00:00Z", &["2026-11-01T05:00:00Z", "2026-11-01T07:00:00Z"]),
    ("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", &["2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z"]),
    ("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T00:00:00Z", &["2026-04-04T14:45:00Z", "2026-04-05T15:15:00Z"]),
    (
        "*/15 * * * *",
        "Australia/Lord_Howe",
        "2026-04-04T14:40:00Z",
        &["2026-04-04T14:45:00Z", "2026-04-04T15:00:00Z", "2026-04-04T15:15:00Z"],
    ),
    (
        "*/10 * * * *",
        "Australia/Lord_Howe",
        "2026-10-03T15:15:00Z",
        &["2026-10-03T15:20:00Z", "2026-10-03T15:30:00Z", "2026-10-03T15:40:00Z"],
    ),
    ("0 0 * * *", "America/Havana", "2026-03-07T12:00:00Z", &["2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z"]),
    ("30 0 * * *", "America/Havana", "2026-11-01T00:00:00Z", &["2026-11-01T04:30:00Z", "2026-11-02T05:30:00Z"]),
    ("@daily", "Asia/Beirut", "2026-03-27T12:00:00Z", &[]),
    ("@midnight", "America/Havana", "2026-03-07T12:00:00Z", &["2026-03-08T05:00:00Z"]),
    ("30 2 * * *", "Asia/Kolkata", "2026-03-28T00:00:00Z", &["2026-03-28T21:00:00Z"]),
    ("30 2 * * *", "Asia/Kathmandu", "2026-03-28T00:00:00Z", &["2026-03-28T20:45:00Z"]),
    ("0 2 * * *", "Africa/Casablanca", "2026-02-14T00:00:00Z", &[]),
    ("0 3 * * *", "Africa/Casablanca", "2026-03-21T00:00:00Z", &[]),
    (
        "0 0 * * *",
        "Pacific/Apia",
        "2011-12-28T12:00:00Z",
        &["2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z"],
    ),
    ("0 12 30 12 *", "Pacific/Apia", "2011-12-29T12:00:00Z", &["2011-12-30T10:00:00Z"]),
    ("30 2 * * *", "Antarctica/Troll", "2026-03-28T00:00:00Z", &[]),
    ("*/20 1-3 * * *", "Antarctica/Troll", "2026-10-24T12:00:00Z", &[]),
    // Days of months and years.
    ("0 12 29 2 *", "UTC", "2026-01-01T00:00:00Z", &["2028-02-29T12:00:00Z", "2032-02-29T12:00:00Z"]),
    ("0 12 29 2 *", "UTC", "2097-01-01T00:00:00Z", &["2104-02-29T12:00:00Z"]),
    ("0 12 31 * *", "UTC", "2026-01-31T12:00:00Z", &["2026-03-31T12:00:00Z", "2026-05-31T12:00:00Z"]),
    ("0 12 L * *", "UTC", "2026-02-01T00:00:00Z", &["2026-02-28T12:00:00Z", "2026-03-31T12:00:00Z"]),
    ("0 12 L 2 *", "UTC", "2027-03-01T00:00:00Z", &["2028-02-29T12:00:00Z"]),
    ("0 17 * * FRIL", "Europe/Prague", "2026-10-01T00:00:00Z", &["2026-10-30T16:00:00Z", "2026-11-27T16:00:00Z"]),
    ("0 17 * * 5L", "UTC", "2026-10-01T00:00:00Z", &["2026-10-30T17:00:00Z"]),
    ("0 9 * * MON#1", "UTC", "2026-11-30T00:00:00Z", &["2026-12-07T09:00:00Z", "2027-01-04T09:00:00Z"]),
    ("0 9 * * 5#5", "UTC", "2026-02-01T00:00:00Z", &["2026-05-29T09:00:00Z", "2026-07-31T09:00:00Z"]),
    ("0 9 1 * MON", "UTC", "2026-11-28T00:00:00Z", &["2026-11-30T09:00:00Z", "2026-12-01T09:00:00Z"]),
    ("0 9 * * 7", "UTC", "2026-11-28T00:00:00Z", &["2026-11-29T09:00:00Z"]),
    (
        "0 9 * * FRI-SUN",
        "UTC",
        "2026-11-30T00:00:00Z",
        &["2026-12-04T09:00:00Z", "2026-12-05T09:00:00Z", "2026-12-06T09:00:00Z"],
    ),
    ("0 9 * jan,JUL mon-fri", "UTC", "2026-11-30T00:00:00Z", &["2027-01-01T09:00:00Z", "2027-01-04T09:00:00Z"]),
    (
        "5-59/20 8 * * *",
        "UTC",
        "2026-11-30T08:05:00Z",
        &["2026-11-30T08:25:00Z", "2026-11-30T08:45:00Z", "2026-12-01T08:05:00Z"],
    ),
    ("@yearly", "Europe/Prague", "2026-11-30T00:00:00Z", &["2026-12-31T23:00:00Z"]),
    ("@monthly", "Europe/Prague", "2026-03-15T00:00:00Z", &["2026-03-31T22:00:00Z"]),
    ("@weekly", "UTC", "2026-11-30T00:00:00Z", &["2026-12-06T00:00:00Z"]),
    ("@hourly", "UTC", "2026-11-30T00:00:00Z", &["2026-11-30T01:00:00Z"]),
    ("59 23 31 12 *", "Pacific/Auckland", "2026-11-30T00:00:00Z", &["2026-12-31T10:59:00Z"]),
    // Instants between two seconds, and the time itself.
    ("30 2 * * *", "UTC", "2026-11-30T02:29:59.999999Z", &["2026-11-30T02:30:00Z"]),
    ("30 2 * * *", "UTC", "2026-11-30T02:30:00Z", &["2026-12-01T02:30:00Z"]),
];

/// How many times of a row are compared with the oracle, and how long it walks.
const TIMES: usize = 12;
const DAYS: i64 = 12;

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

#[test]
fn each_row_is_due_when_it_was_looked_up_and_when_the_oracle_says() {
    for (pattern, zone, after, expected) in ROWS {
        let (cron, zone_) = (CronPattern::parse(pattern).expect("a pattern"), Zone::named(zone).expect("a zone"));
        let after = instant(after);
        let next = |at: &DateTime<Utc>| cron.next_after(*at, &zone_);
        let due: Vec<_> = std::iter::successors(next(&after), next).take(expected.len().max(TIMES)).collect();
        let looked_up: Vec<_> = expected.iter().copied().map(instant).collect();
        assert_eq!(&due[..expected.len()], &looked_up[..], "{pattern} in {zone}");
        let end = after + TimeDelta::days(DAYS);
        let walked: Vec<_> = Oracle::of(pattern).due(&zone_, after, end).into_iter().take(TIMES).collect();
        let due: Vec<_> = due.into_iter().filter(|at| *at < end).take(walked.len().max(1)).collect();
        assert_eq!(due, walked, "{pattern} in {zone}, against the oracle");
    }
}

#[test]
fn what_never_comes_has_no_next_time() {
    let zone = Zone::named("Europe/Prague").expect("a zone");
    for pattern in ["0 0 30 2 *", "0 0 31 2,4,6,9,11 *", "0 0 31 JUN *"] {
        assert_eq!(
            CronPattern::parse(pattern).expect("a pattern").next_after(instant("2026-01-01T00:00:00Z"), &zone),
            None
        );
    }
}

#[test]
fn what_is_no_pattern_is_refused_with_the_reason() {
    for (pattern, reason) in [
        ("* * * *", "5 fields"),
        ("0 30 2 * * *", "not 6 (there are no seconds)"),
        ("60 2 * * *", "60"),
        ("0 24 * * *", "24"),
        ("1,2,,3 * * * *", "'1,2,,3' lacks a value beside a comma"),
        ("0 0 * * MON,", "'MON,' lacks a value beside a comma"),
        ("0 0 0 * *", ""),
        ("0 0 1 13 *", "13"),
        ("0 0 * * 8", ""),
        ("0 0 * * MONDAY", ""),
        ("@reboot", "none of @yearly"),
        ("", "not 0"),
        ("a b c d e", ""),
    ] {
        let refused = CronPattern::parse(pattern).expect_err(pattern);
        assert!(refused.contains(reason) && !refused.is_empty(), "{pattern}: {refused}");
    }
    assert!(
        CronPattern::daily(24, 0).is_err() && CronPattern::daily(0, 60).is_err() && CronPattern::daily(23, 59).is_ok()
    );
}

#[test]
fn a_zone_that_is_not_known_is_an_error_and_not_utc() {
    let refused = Zone::named("Europe/Pragu").expect_err("no such zone");
    assert!(refused.contains("did you mean Europe/Prague?"), "{refused}");
    for name in ["", "../../etc/passwd", "/etc/localtime", "Nowhere", "CET+1:xyz"] {
        assert!(Zone::named(name).is_err(), "{name}");
    }
}
