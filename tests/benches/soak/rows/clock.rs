//! The clock is set forwards and back while the daemon runs.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use chrono::{Local, NaiveDateTime, TimeDelta};
use smoker_tests::boot::Boot;
use smoker_tests::daemon::Daemon;
use smoker_tests::wait;

use crate::length::Length;
use crate::pulse::{self, Pulse};
use crate::verdict::Verdict;

/// Where distributions put the library that tells programs another time.
const LIBRARIES: [&str; 3] = [
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib64/faketime/libfaketimeMT.so.1",
];

pub(crate) fn run(length: Length) -> Verdict {
    let Some(library) = LIBRARIES.iter().find(|path| Path::new(path).exists()) else {
        return Verdict::not_run("libfaketime is missing; install with: apt-get install faketime");
    };
    let folder = tempfile::tempdir().expect("a folder");
    let offset = folder.path().join("offset");
    let set = |text: &str| fs::write(&offset, text).expect("a file");
    set("+0");
    let config = pulse::config()
        .plugin("slow", "Command: sleep 1; echo fine\nTimeout: 20")
        .plugin("later", "Command: 'true'\nInterval: 600");
    let boot = Boot::of(config)
        .environment("LD_PRELOAD", library)
        .environment("FAKETIME_TIMESTAMP_FILE", &offset.display().to_string())
        .environment("FAKETIME_NO_CACHE", "1")
        .environment("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .environment("DONT_FAKE_MONOTONIC", "1");
    let daemon = boot.start();
    let pulse = Pulse::of(&daemon);
    let steps = ["+1h", "-1h", "+30d", "-30d", "+0", "+10y", "+0"];
    let (mut stepped, mut right) = (0, 0);
    for step in steps {
        let slow = daemon.force(&["slow"]);
        let before = last_run(&daemon);
        set(step);
        thread::sleep(length.seconds(4, 2));
        let after =
            wait::within(Duration::from_secs(5), || last_run(&daemon).filter(|after| Some(after) != before.as_ref()));
        let expected = Local::now().naive_local() + offset_of(step);
        stepped += u32::from(after.is_some_and(|after| (after - expected).abs() < TimeDelta::seconds(10)));
        right += u32::from(daemon.finish(&slow).iter().all(|(_, outcome)| outcome.status() == "OK"));
    }
    let count = u32::try_from(steps.len()).unwrap_or(0);
    let next = daemon.plugin("later")["plugin"]["nextRun"].as_str().and_then(parse);
    let wait = next.map_or(f64::INFINITY, |next| (next - Local::now().naive_local()).as_seconds_f64());
    Verdict::of(format!("steps of the clock: {}", steps.join(", ")))
        .is("results that have the new time", stepped, count, stepped == count)
        .is("runs over a step that end as any other", right, count, right == count)
        .schedule(&pulse)
        .is(
            "next run of a plugin with Interval: 600, from now",
            format!("{wait:.0} s"),
            "between 0 and 600 s",
            (0.0..=600.0).contains(&wait),
        )
}

/// When the pulse ran last, by the daemon's clock.
fn last_run(daemon: &Daemon) -> Option<NaiveDateTime> {
    parse(daemon.plugin("pulse")["plugin"]["lastResult"]["lastRun"].as_str()?)
}

fn parse(time: &str) -> Option<NaiveDateTime> {
    NaiveDateTime::parse_from_str(time, "%Y-%m-%dT%H:%M:%S%.f").ok()
}

fn offset_of(step: &str) -> TimeDelta {
    let number: i64 = step.trim_end_matches(['h', 'd', 'y']).parse().unwrap_or_default();
    match step.chars().last() {
        Some('h') => TimeDelta::hours(number),
        Some('d') => TimeDelta::days(number),
        Some('y') => TimeDelta::days(365 * number),
        _ => TimeDelta::zero(),
    }
}
