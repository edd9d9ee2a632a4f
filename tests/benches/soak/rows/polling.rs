//! A thousand clients that ask again and again over kept connections.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use smoker_tests::daemon::Daemon;
use smoker_tests::http::{Connection, Request};

use crate::length::Length;
use crate::pulse::{self, Pulse};
use crate::verdict::Verdict;
use crate::{place, watch};

const CLIENTS: u32 = 1000;

/// How often each of them asks.
const BEAT: Duration = Duration::from_secs(1);

pub(crate) fn run(length: Length) -> Verdict {
    place::open_files(4096);
    let config = (0..100).fold(pulse::config(), |config, number| {
        config.plugin(&format!("p{number}"), "Command: echo fine\nInterval: 5")
    });
    let daemon = Daemon::start(config);
    let pulse = Pulse::of(&daemon);
    let memory = watch::resident(&daemon);
    let over = AtomicBool::new(false);
    let (asked, wrong) = (AtomicU32::new(0), AtomicU32::new(0));
    let times = Mutex::new(Vec::new());
    let (over, asked, wrong, times, daemon) = (&over, &asked, &wrong, &times, &daemon);
    thread::scope(|scope| {
        for number in 0..CLIENTS {
            let client = move || {
                let mut own = Vec::new();
                // Not all at once.
                thread::sleep(BEAT * number / CLIENTS);
                let path = if number % 10 == 0 { "/plugins".to_owned() } else { format!("/plugins/p{}", number % 100) };
                let request = Request::get(&path).to_bytes("127.0.0.1");
                let mut connection = None;
                while !over.load(Ordering::Relaxed) {
                    let begun = Instant::now();
                    let is_right = ask(&mut connection, daemon, &request);
                    own.push(begun.elapsed().as_secs_f64() * 1000.0);
                    asked.fetch_add(1, Ordering::Relaxed);
                    wrong.fetch_add(u32::from(!is_right), Ordering::Relaxed);
                    thread::sleep(BEAT.saturating_sub(begun.elapsed()));
                }
                times.lock().unwrap_or_else(PoisonError::into_inner).append(&mut own);
            };
            let small = thread::Builder::new().stack_size(128 * 1024).spawn_scoped(scope, client);
            small.expect("a thread");
        }
        thread::sleep(length.seconds(40, 6));
        over.store(true, Ordering::Relaxed);
    });
    let mut times = times.lock().unwrap_or_else(PoisonError::into_inner);
    times.sort_by(f64::total_cmp);
    let percentile = |part: usize| times.get(times.len() * part / 1000).copied().unwrap_or(f64::INFINITY);
    // What the machine is late, an answer may be, for the client's turn and for the daemon's.
    let late = 2000.0 * pulse.lateness();
    let at_least = f64::from(CLIENTS) * length.pick(20.0, 3.0);
    Verdict::of(format!("{CLIENTS} clients ask each second over connections of their own, 101 plugins run"))
        .at_least("answers", f64::from(asked.load(Ordering::Relaxed)), at_least, "answers")
        .none("wrong or no answers", wrong.load(Ordering::Relaxed))
        .at_most("99 of 100 answers within", percentile(990), 500.0 + late, "ms")
        .at_most("999 of 1000 answers within", percentile(999), 2000.0 + late, "ms")
        .schedule(&pulse)
        .at_most("memory over that at rest", watch::peak(daemon) - memory, 48.0, "MiB")
}

/// One question over a connection, which is opened when there is none.
fn ask(connection: &mut Option<Connection>, daemon: &Daemon, request: &[u8]) -> bool {
    if connection.is_none() {
        *connection = Connection::open(daemon.address(), Duration::from_secs(600)).ok();
    }
    let Some(open) = connection else { return false };
    let answer = open.write(request).and_then(|()| open.read("GET"));
    let is_right = answer.is_ok_and(|answer| answer.status == 200 && answer.json().is_object());
    if !is_right {
        *connection = None;
    }
    is_right
}
