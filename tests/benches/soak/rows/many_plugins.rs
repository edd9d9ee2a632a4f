//! Five thousand plugins.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use smoker_tests::daemon::Daemon;
use smoker_tests::http::Request;
use smoker_tests::wait;

use crate::length::Length;
use crate::pulse::{self, Pulse};
use crate::verdict::Verdict;
use crate::watch;

const COUNT: u32 = 5000;

/// Each of them runs once in this number of seconds, spread evenly.
const INTERVAL: u32 = 60;

pub(crate) fn run(length: Length) -> Verdict {
    let body = format!("Command: echo fine\nInterval: {INTERVAL}\nHistory: 3");
    let config = (0..COUNT).fold(pulse::config(), |config, number| config.plugin(&format!("p{number:04}"), &body));
    let begun = Instant::now();
    let daemon = Daemon::start(config);
    let start = begun.elapsed().as_secs_f64();
    let pulse = Pulse::of(&daemon);
    let before = results(&daemon);
    let begun = Instant::now();
    thread::sleep(length.seconds(60, 8));
    let (elapsed, after) = (begun.elapsed().as_secs_f64(), results(&daemon));
    let due = elapsed * f64::from(COUNT) / f64::from(INTERVAL);
    let ran = f64::from(after.0 - before.0) / due * 100.0;
    let verdict = Verdict::of(format!("{COUNT} plugins with Interval: {INTERVAL}, then all of them forced at once"))
        .at_most("until it serves", start, 10.0, "s")
        .at_least("of the due runs done", ran, 90.0, "%")
        .none("results that are no OK", after.1)
        .schedule(&pulse);
    let late = pulse.lateness();
    let begun = Instant::now();
    let forced = daemon.force_with(&json!({"process": {"filter": {"History": 3}}}));
    let done = wait::within(Duration::from_secs(200), || {
        let answer = Request::get(&forced).send(daemon.address(), Duration::from_secs(60)).ok()?;
        (answer.status == 200).then(|| answer.json()["plugins"]["items"].as_array().map_or(0, Vec::len))
    });
    let took = begun.elapsed().as_secs_f64();
    verdict
        .is("forced at once, done", done.unwrap_or(0), COUNT, done == Some(COUNT as usize))
        .at_most("in", took, 60.0 * (1.0 + late), "s")
        .at_most("memory at most", watch::peak(&daemon), 256.0, "MiB")
}

/// How many plugins have had a run, counting those whose last one is no OK apart.
fn results(daemon: &Daemon) -> (u32, u32) {
    let page = daemon.get("/plugins").json();
    let items = page["plugins"]["items"].as_array().map(Vec::as_slice).unwrap_or_default();
    let last = items.iter().map(|item| &item["plugin"]["lastResult"]).filter(|result| !result.is_null());
    last.fold((0, 0), |(all, bad), result| (all + 1, bad + u32::from(result["status"] != "OK")))
}
