//! Clients that ask for as much as they can: in memory, and in runs while slots are few.

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::http::{Connection, Request};

use crate::length::Length;
use crate::pulse::{self, Pulse};
use crate::verdict::Verdict;
use crate::watch;

/// How long an exchange may take.
const LIMIT: Duration = Duration::from_secs(30);

/// The most memory that the daemon may take, in MiB.
const MAX_PEAK: f64 = 128.0;

/// How many clients attack at a time, each with an address of its own.
const CLIENTS: u8 = 16;

fn forcing(name: &str, times: usize) -> Request {
    Request::post("/processes", json!({"process": {"plugins": vec![name; times]}}).to_string())
}

/// A plugin named again and again, results that nobody reads, long lists, and bodies that never end.
pub(crate) fn memory_bombs(length: Length) -> Verdict {
    let config = pulse::config().plugin("big", "Command: head -c 200000 /dev/zero | tr '\\0' x");
    let daemon = Daemon::start(config);
    let pulse = Pulse::of(&daemon);
    let sent = AtomicU32::new(0);
    let end = Instant::now() + length.seconds(30, 6);
    thread::scope(|scope| {
        let (daemon, sent) = (&daemon, &sent);
        for client in 2..2 + CLIENTS {
            scope.spawn(move || {
                let mut held = Vec::new();
                while Instant::now() < end {
                    sent.fetch_add(1, Ordering::Relaxed);
                    bomb(daemon, client, &mut held);
                }
            });
        }
    });
    let answers = Request::get("/plugins").send(daemon.address(), LIMIT).is_ok_and(|answer| answer.status == 200);
    Verdict::of(format!(
        "{CLIENTS} clients name a plugin 10,000 times, read its pages and all processes, leave results unread, and never finish bodies of 1 MiB"
    ))
    .at_least("requests", f64::from(sent.into_inner()), 100.0, "requests")
    .is("afterwards", if answers { "answers" } else { "silence" }, "answers", answers)
    .schedule(&pulse)
    .at_most("memory in all", watch::peak(&daemon), MAX_PEAK, "MiB")
}

/// What a client does depends on its number.
fn bomb(daemon: &Daemon, client: u8, held: &mut Vec<Connection>) {
    let address = daemon.address();
    match client % 4 {
        0 => {
            let forced = forcing("big", 10_000).send_as(client, address, LIMIT);
            if let Some(place) = forced.ok().as_ref().and_then(|response| response.header("Location")) {
                let _ = Request::get(place).send_as(client, address, LIMIT);
            }
        }
        1 => {
            let _ = forcing("big", 1).send_as(client, address, LIMIT);
        }
        2 => {
            let _ = Request::get("/processes").send_as(client, address, LIMIT);
        }
        _ => {
            let head = "POST /processes HTTP/1.1\r\nHost: x\r\nContent-Length: 1048576\r\n\r\n";
            if let Ok(mut connection) = Connection::open_as(client, address, Duration::from_secs(1)) {
                let _ = connection.write(&[head.as_bytes(), &vec![b' '; 1_048_500]].concat());
                held.push(connection);
            }
            if held.len() > 50 {
                held.remove(0);
            }
        }
    }
}

/// Clients force runs without a pause while there is one slot, and one floods the daemon with requests.
pub(crate) fn starvation(length: Length) -> Verdict {
    let config = ["a", "b", "c", "d"]
        .iter()
        .fold(pulse::config(), |config: Config, name| config.plugin(name, "Command: sleep 0.05"))
        .top("nr_concurrent_plugins: 1")
        .plugin("other", "Command: echo other");
    let daemon = Daemon::start(config);
    let pulse = Pulse::of(&daemon);
    let (forced, refused) = (AtomicU32::new(0), AtomicU32::new(0));
    let end = Instant::now() + length.seconds(20, 6);
    let mut slowest = Duration::ZERO;
    thread::scope(|scope| {
        let (daemon, forced, refused) = (&daemon, &forced, &refused);
        for (client, name) in (2..).zip(["a", "b", "c", "d"].repeat(2)) {
            scope.spawn(move || {
                while Instant::now() < end {
                    let _ = forcing(name, 10_000).send_as(client, daemon.address(), LIMIT);
                    forced.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        while Instant::now() < end {
            let begun = Instant::now();
            match forcing("other", 1).send(daemon.address(), LIMIT) {
                Ok(response) if response.status == 202 => {
                    let place = response.header("Location").expect("a place").to_owned();
                    let _ = daemon.finish(&place);
                }
                _ => {
                    refused.fetch_add(1, Ordering::Relaxed);
                }
            }
            slowest = slowest.max(begun.elapsed());
        }
    });
    Verdict::of("8 clients force 4 plugins without a pause, 10,000 names each time, with nr_concurrent_plugins: 1")
        .at_least("requests", f64::from(forced.into_inner()), 100.0, "requests")
        .none("requests of another client that were refused", refused.into_inner())
        .at_most("its slowest forced run", slowest.as_secs_f64(), 10.0, "s")
        .schedule(&pulse)
        .at_most("memory in all", watch::peak(&daemon), MAX_PEAK, "MiB")
}
