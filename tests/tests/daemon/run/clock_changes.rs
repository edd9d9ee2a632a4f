//! A day on which clocks are put forward or back, as the whole daemon sees it.

use chrono::{DateTime, Timelike};
use serde_json::Value as Json;
use smoker_tests::boot::Boot;
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::machine::skip;
use smoker_tests::wait;

/// The hours, as UTC has them, of a plugin's runs that the log has.
fn hours(daemon: &Daemon, plugin: &str) -> Vec<u32> {
    let log = daemon.log();
    let results = log.lines().filter_map(|line| line.split_once(&format!("Plugin {plugin} result: ")));
    let started = results.filter_map(|(_, text)| {
        let result: Json = serde_json::from_str(text).ok()?;
        DateTime::parse_from_rfc3339(result["lastRunUtc"].as_str()?).ok()
    });
    started.map(|at| at.to_utc().hour()).collect()
}

#[test]
fn days_on_which_clocks_change_have_each_run_once() {
    if skip::program("faketime", "apt-get install faketime").is_none() {
        return;
    }
    // Three hundred times as fast as the real ones, and early enough for a daemon that takes ten seconds to start: what was due
    // before its first start is not missed.
    let start = |time: &str| {
        let config = Config::new()
            .plugin("Daily", "Command: 'true'\nAt: '02:30'\nTimezone: Europe/Prague\nMissed: once")
            .plugin("Hourly", "Command: 'true'\nCron: '0 * * * *'\nTimezone: Europe/Prague\nMissed: once");
        let time = format!("@2026-{time} x300");
        Boot::of(config).through(&["faketime", "-f", &time]).environment("TZ", "Europe/Prague").start()
    };
    let (forward, back) = (start("03-29 01:10:00"), start("10-25 01:10:00"));
    let until = |daemon: &Daemon, count: usize| {
        wait::until_true("the runs", || hours(daemon, "Hourly").len() >= count && !hours(daemon, "Daily").is_empty());
        (hours(daemon, "Hourly"), hours(daemon, "Daily"))
    };
    // There is no 02:30: it runs when the clocks are put forward to 03:00.
    assert_eq!(until(&forward, 2), (vec![1, 2], vec![1]));
    // There are two: it runs at the first.
    assert_eq!(until(&back, 3), (vec![0, 1, 2], vec![0]));
}
