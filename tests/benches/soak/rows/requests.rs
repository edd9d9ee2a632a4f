//! Requests that are too large, too many at once, or given up half-way.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use smoker_tests::daemon::Daemon;
use smoker_tests::http::{Connection, Request};

use crate::length::Length;
use crate::pulse::{self, Pulse};
use crate::verdict::Verdict;
use crate::watch;

/// How long an exchange may take.
const DEADLINE: Duration = Duration::from_secs(60);

/// As many at a time as attack.
const AT_ONCE: u32 = 32;

/// Oversized heads and bodies, announced or not.
pub(crate) fn oversized(length: Length) -> Verdict {
    let daemon = Daemon::start(pulse::config());
    let pulse = Pulse::of(&daemon);
    let memory = watch::resident(&daemon);
    let (sent, refused) = (AtomicU32::new(0), AtomicU32::new(0));
    let end = Instant::now() + length.seconds(30, 5);
    thread::scope(|scope| {
        let (daemon, sent, refused) = (&daemon, &sent, &refused);
        for number in 0..AT_ONCE {
            let attack = move || {
                while Instant::now() < end {
                    let is_refused = match number % 4 {
                        0 => stream(
                            daemon,
                            b"POST /processes HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
                            b"8000\r\n",
                            0x8000,
                            b"\r\n",
                        ),
                        1 => stream(daemon, b"GET / HTTP/1.1\r\nHost: x\r\n", b"X-Filler: ", 8000, b"\r\n"),
                        2 => stream(daemon, b"GET /", b"", 0x8000, b""),
                        _ => {
                            let body = Request::post("/processes", vec![b'x'; 2 << 20]);
                            body.send(daemon.address(), DEADLINE).map_or(true, |answer| answer.status == 413)
                        }
                    };
                    sent.fetch_add(1, Ordering::Relaxed);
                    refused.fetch_add(u32::from(is_refused), Ordering::Relaxed);
                }
            };
            scope.spawn(attack);
        }
    });
    let (sent, refused) = (sent.into_inner(), refused.into_inner());
    let answers = Request::get("/plugins").send(daemon.address(), DEADLINE).is_ok_and(|answer| answer.status == 200);
    Verdict::of(format!("{AT_ONCE} clients send endless bodies, heads, paths, and bodies of 2 MiB"))
        .at_least("requests", f64::from(sent), 100.0, "requests")
        .none("taken instead of refused", sent - refused)
        .is("afterwards", if answers { "answers" } else { "silence" }, "answers", answers)
        .schedule(&pulse)
        .at_most("memory over that at rest", watch::peak(&daemon) - memory, 64.0, "MiB")
}

/// Sends a head and then up to 64 MiB of filler; whether the daemon puts an end to it.
fn stream(daemon: &Daemon, head: &[u8], before: &[u8], filler: usize, after: &[u8]) -> bool {
    let Ok(mut connection) = Connection::open(daemon.address(), DEADLINE) else { return true };
    let piece = [before, &vec![b'x'; filler], after].concat();
    connection.write(head).is_err() || (0..(64 << 20) / filler).any(|_| connection.write(&piece).is_err())
}

/// Many requests at once on a connection, and connections whose client will say no more.
pub(crate) fn pipelining(length: Length) -> Verdict {
    let config = pulse::config().plugin("one", "Command: echo one").plugin("two", "Command: echo two");
    let daemon = Daemon::start(config);
    let pulse = Pulse::of(&daemon);
    let memory = watch::resident(&daemon);
    let (answered, wrong) = (AtomicU32::new(0), AtomicU32::new(0));
    let end = Instant::now() + length.seconds(20, 4);
    thread::scope(|scope| {
        let (daemon, answered, wrong) = (&daemon, &answered, &wrong);
        for number in 0..AT_ONCE {
            let client = move || {
                while Instant::now() < end {
                    let (right, asked) = if number % 2 == 0 { pipelined(daemon) } else { half_closed(daemon) };
                    answered.fetch_add(right, Ordering::Relaxed);
                    wrong.fetch_add(asked - right, Ordering::Relaxed);
                }
            };
            scope.spawn(client);
        }
    });
    Verdict::of(format!("{AT_ONCE} clients: 200 requests at once on a connection, or one and then half of it closed"))
        .at_least("right answers, in order", f64::from(answered.into_inner()), length.pick(20_000.0, 2000.0), "answers")
        .none("wrong or no answers", wrong.into_inner())
        .schedule(&pulse)
        .at_most("memory over that at rest", watch::peak(&daemon) - memory, 48.0, "MiB")
}

/// How many of this number of requests at once were answered, each in its place.
fn pipelined(daemon: &Daemon) -> (u32, u32) {
    const AT_ONCE: u32 = 200;
    let name = |number: u32| if number.is_multiple_of(2) { "one" } else { "two" };
    let path = |number| format!("/plugins/{}", name(number));
    let all: Vec<u8> = (0..AT_ONCE).flat_map(|number| Request::get(&path(number)).to_bytes("127.0.0.1")).collect();
    let Ok(mut connection) = Connection::open(daemon.address(), DEADLINE) else { return (0, AT_ONCE) };
    if connection.write(&all).is_err() {
        return (0, AT_ONCE);
    }
    let mut is_right =
        |number: &u32| connection.read("GET").is_ok_and(|answer| answer.json()["plugin"]["name"] == name(*number));
    let right = (0..AT_ONCE).take_while(&mut is_right).count();
    (u32::try_from(right).unwrap_or(0), AT_ONCE)
}

/// Whether a client that has closed its half gets its whole answer.
fn half_closed(daemon: &Daemon) -> (u32, u32) {
    let ask = || {
        let mut stream = TcpStream::connect(daemon.address())?;
        stream.set_read_timeout(Some(DEADLINE))?;
        stream.write_all(&Request::get("/plugins/one").header("Connection", "close").to_bytes("127.0.0.1"))?;
        stream.shutdown(Shutdown::Write)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).map(|_| answer)
    };
    let answer: std::io::Result<String> = ask();
    (u32::from(answer.is_ok_and(|answer| answer.starts_with("HTTP/1.1 200") && answer.ends_with("}\n"))), 1)
}
