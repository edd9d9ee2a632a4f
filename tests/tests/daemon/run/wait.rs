//! Requests that wait for the end of forced runs.

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use serde_json::json;
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::http::{Connection, Request, Response};
use smoker_tests::wait;

/// How many requests wait at a time.
const WAITING: usize = 256;

/// Ends when the file `go` exists.
const SLOW: &str =
    "Command: echo x > {{DIR}}/begun; while ! test -e {{DIR}}/go; do sleep 0.05; done; echo done\nTimeout: 60";

fn force(plugin: &str, query: &str) -> Request {
    Request::post(&format!("/processes{query}"), json!({"process": {"plugins": [plugin]}}).to_string())
}

/// The status of the forced result.
fn forced(response: &Response) -> String {
    assert_eq!(response.status, 200, "{}", response.text());
    response.json()["plugins"]["items"][0]["plugin"]["forcedResult"]["status"].as_str().expect("a status").to_owned()
}

/// Sends a request and reads nothing.
fn begin(daemon: &Daemon, request: &Request) -> Connection {
    let mut connection = daemon.connect();
    connection.write(&request.to_bytes("localhost")).expect("a request that is taken");
    connection
}

#[test]
fn a_request_that_waits_is_answered_with_the_finished_process_or_else_as_one_that_does_not() {
    let config = Config::new().plugin("quick", "Command: echo x >> {{DIR}}/runs; exit 2").plugin("slow", SLOW);
    let daemon = Daemon::start(config);
    let page = daemon.send(&force("quick", "?wait=60s"));
    assert_eq!((forced(&page).as_str(), page.header("Location")), ("ERROR", Some("/processes/1")));
    assert_eq!(page.body, daemon.get("/processes/1").body, "it is the page of the process");
    assert_eq!(forced(&daemon.send(&force("quick", "").header("Prefer", "respond-async, wait=60"))), "ERROR");
    for (query, reason) in [("?wait=soon", "wait=soon"), ("?wait=", "wait=:"), ("?wait=1.5y", "1h30m")] {
        let refused = daemon.send(&force("quick", query)).expect_error(400);
        assert!(refused.contains(reason), "{refused}");
    }
    assert_eq!(fs::read_to_string(daemon.path("runs")).expect("it ran"), "x\nx\n", "what is refused does not run");

    let start = Instant::now();
    let early = daemon.send(&force("slow", "?wait=200ms"));
    assert_eq!((early.status, early.header("Location")), (202, Some("/processes/3")), "{}", early.text());
    assert!(start.elapsed() >= Duration::from_millis(200));
    assert_eq!(early.json()["asyncTask"]["link"]["poll"], "/processes/3");
    let _ = daemon.get("/processes/99?wait=60s").expect_error(404);
    // The polls of a client wait, too.
    let mut poll = begin(&daemon, &Request::get("/processes/3?wait=60s"));
    let mut joined = begin(&daemon, &force("slow", "?wait=60s"));
    fs::write(daemon.path("go"), "").expect("writable");
    for connection in [&mut poll, &mut joined] {
        assert_eq!(forced(&connection.read("GET").expect("an answer")), "OK");
    }
}

#[test]
fn requests_beyond_the_bound_do_not_wait_and_a_client_that_is_gone_makes_room() {
    let daemon = Daemon::start(Config::new().plugin("slow", SLOW));
    let process = daemon.force(&["slow"]);
    let poll = Request::get(&format!("{process}?wait=60s"));
    let mut waiting: Vec<_> = (0..WAITING).map(|_| begin(&daemon, &poll)).collect();
    // A question that waits keeps its place: it may have been read before others that were sent earlier.
    wait::until_true("an answer at once to a request beyond the bound", || {
        let mut question = Connection::open(daemon.address(), Duration::from_secs(1)).expect("the daemon listens");
        question.write(&poll.to_bytes("localhost")).expect("a request that is taken");
        let answer = question.read("GET");
        if answer.is_err() {
            waiting.push(question);
        }
        answer.is_ok_and(|answer| answer.status == 202)
    });
    drop(waiting);
    wait::until_true("room for a request that waits", || {
        let start = Instant::now();
        assert_eq!(daemon.get(&format!("{process}?wait=1s")).status, 202);
        start.elapsed() >= Duration::from_secs(1)
    });

    // A client that closes its side may be there for the answer.
    let mut half_closed = TcpStream::connect(daemon.address()).expect("the daemon takes connections");
    half_closed.write_all(&poll.to_bytes("localhost")).expect("it reads");
    half_closed.shutdown(Shutdown::Write).expect("it is open");
    let mut answer = String::new();
    let start = Instant::now();
    let _ = half_closed.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 202 ") && start.elapsed() < Duration::from_secs(30), "{answer}");

    // The next request on the connection, which has been read in part, is answered behind this one.
    let mut pipelined = begin(&daemon, &poll);
    pipelined.write(&Request::get("/").to_bytes("localhost")).expect("it reads");
    fs::write(daemon.path("go"), "").expect("writable");
    assert_eq!(forced(&pipelined.read("GET").expect("an answer")), "OK");
    assert_eq!(pipelined.read("GET").expect("an answer").json()["about"]["title"], "Smoker daemon API");
}

#[test]
fn a_stop_answers_the_requests_that_wait() {
    let mut daemon = Daemon::start(
        Config::new()
            .plugin("slow", SLOW)
            .plugin("deaf", "Command: trap '' TERM; echo x > {{DIR}}/deaf; while :; do sleep 1; done"),
    );
    let mut slow = begin(&daemon, &force("slow", "?wait=60s"));
    let mut deaf = begin(&daemon, &force("deaf", "?wait=60s"));
    for name in ["begun", "deaf"] {
        let _ = daemon.wait_for_file(name);
    }
    daemon.signal(Signal::SIGTERM);
    assert_eq!(forced(&slow.read("POST").expect("an answer")), "ERROR", "the run that the stop has ended");
    // One that is killed later may have ended when a slow machine answers.
    let answer = deaf.read("POST").expect("an answer");
    assert!(answer.status == 202 || forced(&answer) == "ERROR", "{}", answer.text());
    assert_eq!(daemon.wait_for_exit(), 0);
}
