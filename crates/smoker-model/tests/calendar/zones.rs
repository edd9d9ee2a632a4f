//! All zones of the machine, for three years: no run is lost, and none takes place twice.

use std::collections::BTreeSet;
use std::path::Path;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use smoker_model::calendar::cron::CronPattern;
use smoker_model::calendar::zone::{Instants, Zone};

use crate::oracle::Oracle;

const FROM: &str = "2025-01-01T00:00:00Z";
const YEARS: i64 = 3;

/// Patterns that are walked through around each change of a clock.
const PATTERNS: [&str; 4] = ["30 2 * * *", "0,45 0-3 * * *", "*/15 * * * *", "20 */2 * * *"];

#[test]
fn each_zone_has_each_day_once_and_agrees_with_the_oracle_where_clocks_change() {
    let names = names();
    assert!(names.len() > 200, "{} zones", names.len());
    let from: DateTime<Utc> = FROM.parse().expect("a time");
    let until = from + TimeDelta::days(365 * YEARS);
    let mut changes = 0;
    let mut seen = BTreeSet::new();
    for name in names {
        let zone = Zone::named(&name).expect("a zone of the machine");
        let of_zone = changes_of(&zone, from, until);
        let offset = |at| zone.offset(at).local_minus_utc();
        let rules: Vec<_> =
            std::iter::once((from, offset(from))).chain(of_zone.iter().map(|at| (*at, offset(*at)))).collect();
        if !seen.insert(rules) {
            // Another name of a zone that was looked at.
            continue;
        }
        each_day_once(&name, &zone, from, until);
        for change in of_zone {
            changes += 1;
            around(&name, &zone, change);
        }
    }
    assert!(changes > 100, "{changes} changes");
}

/// The zones of the machine's data, without those that count leap seconds.
fn names() -> Vec<String> {
    let root = Path::new("/usr/share/zoneinfo");
    let mut folders = vec![root.to_owned()];
    let mut names = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("zone data: install tzdata") {
            let path = entry.expect("an entry").path();
            let name = path.strip_prefix(root).expect("below it").to_str().expect("a name").to_owned();
            if ["right", "posix", "posixrules", "localtime"].contains(&&*name) {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if std::fs::read(&path).is_ok_and(|file| file.starts_with(b"TZif")) {
                names.push(name);
            }
        }
    }
    names.sort();
    names
}

/// The instants at which the offset changes, by looking at each hour and then at each second between two.
fn changes_of(zone: &Zone, from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let hours = (0..(until - from).num_hours()).map(|hour| from + TimeDelta::hours(hour));
    let changed = hours.filter(|at| zone.offset(*at) != zone.offset(*at + TimeDelta::hours(1)));
    let second = |at: DateTime<Utc>| {
        (1..=3600).map(|second| at + TimeDelta::seconds(second)).find(|then| zone.offset(*then) != zone.offset(at))
    };
    changed.filter_map(second).collect()
}

fn each_day_once(name: &str, zone: &Zone, from: DateTime<Utc>, until: DateTime<Utc>) {
    for pattern in ["30 2 * * *", "0 0 * * *"] {
        let cron = CronPattern::parse(pattern).expect("a pattern");
        let mut day: Option<NaiveDate> = None;
        let mut at = from;
        while let Some(next) = cron.next_after(at, zone).filter(|next| *next < until) {
            assert!(next > at, "{name} {pattern}: {next}");
            let of_run = zone.local(next).expect("a time").date();
            if let Some(day) = day {
                assert_eq!(of_run, day + Days::new(1), "{name} {pattern}: {next}");
            }
            (day, at) = (Some(of_run), next);
        }
    }
}

fn around(name: &str, zone: &Zone, change: DateTime<Utc>) {
    let (from, until) = (change - TimeDelta::hours(30), change + TimeDelta::hours(30));
    for pattern in PATTERNS {
        let cron = CronPattern::parse(pattern).expect("a pattern");
        let next = |at: &DateTime<Utc>| cron.next_after(*at, zone);
        let due: Vec<_> = std::iter::successors(next(&from), next).take_while(|at| *at < until).collect();
        assert_eq!(due, Oracle::of(pattern).due(zone, from, until), "{name} {pattern} around {change}");
    }
    // What the clock shows comes back as the instant, and what it skips as the change.
    for minute in -180..180 {
        let at = change + TimeDelta::minutes(minute);
        let local = zone.local(at).expect("a time");
        match zone.instants(local).expect("a time") {
            Instants::Once(once) => assert_eq!(once, at, "{name}"),
            Instants::Twice(first, second) => assert!(first == at || second == at, "{name}: {first} {second} {at}"),
            Instants::Skipped(_) => panic!("{name}: {local} was shown at {at}"),
        }
    }
    let (before, after) = (zone.offset(change - TimeDelta::seconds(1)), zone.offset(change));
    if after.local_minus_utc() > before.local_minus_utc() {
        let skipped = change.naive_utc() + TimeDelta::seconds(before.local_minus_utc().into());
        assert_eq!(zone.instants(skipped), Some(Instants::Skipped(change)), "{name}");
    }
}
