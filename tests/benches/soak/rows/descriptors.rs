//! No descriptors left: sixty-four, and more clients than that.

use std::time::{Duration, Instant};

use smoker_tests::boot::Boot;
use smoker_tests::http::{Connection, Request};
use smoker_tests::wait;

use crate::length::Length;
use crate::pulse::{self, Pulse};
use crate::verdict::Verdict;
use crate::{place, watch};

pub(crate) fn run(length: Length) -> Verdict {
    let config = pulse::config().plugin("echo", "Command: echo fine").plugin("many", "Command: sleep 0.5; echo fine");
    let limited = ["sh", "-c", "ulimit -n 64; exec \"$0\" \"$@\""];
    let daemon = Boot::of(config).through(&limited).start();
    let pulse = Pulse::of(&daemon);
    let rest = watch::descriptors(&daemon);
    let end = Instant::now() + length.seconds(25, 12);
    let (mut asked, mut again, mut failed, mut refused_runs, mut runs) = (0, 0, 0, 0, 0);
    let mut idle = Vec::new();
    while Instant::now() < end {
        idle.extend((0..200).filter_map(|_| Connection::open(daemon.address(), Duration::from_millis(50)).ok()));
        asked += 1;
        let answer = place::ask(&daemon, &Request::get("/plugins/echo"), &mut again);
        failed += u32::from(!answer.is_ok_and(|answer| answer.status == 200));
        let forced = Request::post("/processes", r#"{"process": {"plugins": ["echo", "many"]}}"#);
        let forced = place::ask(&daemon, &forced, &mut again).ok();
        if let Some(place) = forced.as_ref().and_then(|answer| answer.header("Location")) {
            let done = wait::within(Duration::from_secs(30), || {
                let answer = place::ask(&daemon, &Request::get(place), &mut again).ok()?;
                (answer.status == 200).then(|| answer.text().matches("\"status\": \"ERROR\"").count())
            });
            runs += 2;
            refused_runs += done.unwrap_or(2);
        } else {
            failed += 1;
        }
        idle.clear();
    }
    let begun = Instant::now();
    let recovered = wait::within(Duration::from_secs(30), || {
        (watch::descriptors(&daemon) <= rest + 4).then(|| begun.elapsed().as_secs_f64())
    });
    let after = daemon.run("echo");
    Verdict::of("ulimit -n 64, 200 idle connections again and again, plugins forced meanwhile")
        .at_least("questions", f64::from(asked), 2.0, "questions")
        .at_most("asked a second time, since the connection was closed", f64::from(again), f64::from(asked), "times")
        .none("without an answer", failed)
        .at_least("forced runs", f64::from(runs), 4.0, "runs")
        .none("of them failed for want of descriptors", refused_runs)
        .schedule(&pulse)
        .at_most("until all descriptors are back", recovered.unwrap_or(f64::INFINITY), 15.0, "s")
        .is("a run afterwards", after.status(), "OK", after.status() == "OK")
}
