//! Another configuration again and again, while plugins run and clients ask.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::http::Request;
use smoker_tests::wait;

use crate::length::Length;
use crate::pulse::{self, Pulse};
use crate::verdict::Verdict;
use crate::watch;

pub(crate) fn run(length: Length) -> Verdict {
    let daemon = Daemon::start(edition(0));
    let pulse = Pulse::of(&daemon);
    let (over, asked, wrong) = (AtomicBool::new(false), AtomicU32::new(0), AtomicU32::new(0));
    let reloads = length.pick(1000, 100);
    let begun = Instant::now();
    let mut taken = 0;
    let mut memory = 0.0;
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    let answer = Request::get("/plugins").send(daemon.address(), Duration::from_secs(30));
                    let is_right = answer.is_ok_and(|answer| answer.status == 200 && items(&answer.json()) == 51);
                    asked.fetch_add(1, Ordering::Relaxed);
                    wrong.fetch_add(u32::from(!is_right), Ordering::Relaxed);
                    let forced = Request::post("/processes", r#"{"process": {"plugins": ["p1"]}}"#);
                    let is_right =
                        forced.send(daemon.address(), Duration::from_secs(30)).is_ok_and(|answer| answer.status == 202);
                    wrong.fetch_add(u32::from(!is_right), Ordering::Relaxed);
                    thread::sleep(Duration::from_millis(20));
                }
            });
        }
        for number in 1..=reloads {
            daemon.write(&edition(number));
            daemon.signal(Signal::SIGHUP);
            let is_taken = || daemon.plugin("p0")["plugin"]["parameters"]["Edition"] == number;
            taken += u32::from(wait::within(Duration::from_secs(20), || is_taken().then_some(())).is_some());
            if number == reloads / 5 {
                memory = watch::resident(&daemon);
            }
        }
        over.store(true, Ordering::Relaxed);
    });
    let took = begun.elapsed().as_secs_f64();
    Verdict::of(format!(
        "{reloads} reloads of 51 plugins, of which some change each time, under 4 clients that ask and force"
    ))
    .is("taken", taken, reloads, taken == reloads)
    .at_most("in", took, length.pick(180.0, 60.0), "s")
    .at_least("questions meanwhile", f64::from(asked.into_inner()), 50.0, "questions")
    .none("wrong or no answers", wrong.into_inner())
    .schedule(&pulse)
    .at_most("memory over that after a fifth", watch::resident(&daemon) - memory, 24.0, "MiB")
}

fn items(page: &serde_json::Value) -> usize {
    page["plugins"]["items"].as_array().map_or(0, Vec::len)
}

/// Fifty plugins besides the pulse, of which ten differ from those of other editions.
fn edition(number: u32) -> Config {
    (0..50).fold(pulse::config(), |config, plugin| {
        let edition = if plugin < 10 { number } else { 0 };
        config.plugin(&format!("p{plugin}"), &format!("Command: echo {edition}\nInterval: 2\nEdition: {edition}"))
    })
}
