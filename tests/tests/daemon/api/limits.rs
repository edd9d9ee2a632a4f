//! Slow clients, many clients, much history.

use std::time::{Duration, Instant};

use smoker_tests::boot::Boot;
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::http::{Connection, Request};

/// How long a client may take for nothing.
const CLIENT_DEADLINE: Duration = Duration::from_secs(30);

fn demo() -> Daemon {
    Daemon::start(Config::new().plugin("hello", "Command: echo hello"))
}

#[test]
fn a_client_that_never_finishes_its_head_is_dropped() {
    let daemon = demo();
    let mut slow = daemon.connect();
    slow.write(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow:").expect("writable");
    assert!(slow.ends_within(CLIENT_DEADLINE));
}

#[test]
fn a_client_that_never_finishes_its_body_is_dropped() {
    let daemon = demo();
    let mut slow = daemon.connect();
    slow.write(b"POST /processes HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{").expect("writable");
    assert!(slow.ends_within(CLIENT_DEADLINE));
}

#[test]
fn a_client_that_says_nothing_is_dropped() {
    assert!(demo().connect().ends_within(CLIENT_DEADLINE));
}

#[test]
fn a_client_that_reads_nothing_is_dropped() {
    let large = "x".repeat(100_000);
    let daemon = Daemon::start(Config::new().plugin("large", &format!("Command: 'true'\nLarge: {large}")));
    let mut deaf = Connection::open(daemon.address(), CLIENT_DEADLINE).expect("it takes connections");
    // Answers to thousands of requests do not fit into the buffers between us.
    let request = Request::get("/plugins/large").to_bytes("127.0.0.1");
    let begun = Instant::now();
    while deaf.write(&request).is_ok() {
        assert!(begun.elapsed() < CLIENT_DEADLINE, "still served after {:?}", begun.elapsed());
    }
    assert_eq!(daemon.get("/").status, 200);
}

/// Fails unless somebody gets an answer soon while many more than may be there have said just this.
fn expect_an_answer_beside(said: &[u8]) {
    let few_files = ["sh", "-c", "ulimit -n 256; exec \"$0\" \"$@\""];
    let daemon = Boot::of(Config::new().plugin("hello", "Command: echo hello")).through(&few_files).start();
    let others: Vec<_> = (0..150)
        .map(|_| {
            let mut other = daemon.connect();
            other.write(said).expect("the daemon, or the system for it, takes what it says");
            other
        })
        .collect();
    // Before the first of them would be dropped by itself: they make room.
    let answer = Request::get("/").send(daemon.address(), Duration::from_secs(8));
    assert_eq!(answer.expect("an answer soon").status, 200);
    drop(others);
}

#[test]
fn many_silent_clients_keep_nobody_out_for_long() {
    expect_an_answer_beside(b"");
}

#[test]
fn many_slow_clients_keep_nobody_out_for_long() {
    expect_an_answer_beside(b"GET / HTTP/1.1\r\nX-Slow: ");
}

#[test]
fn a_page_that_is_too_large_to_be_kept_is_streamed() {
    let large = "x".repeat(1 << 20);
    let body = format!("Command: 'true'\nLarge: {large}");
    let config = (0..9).fold(Config::new(), |config, number| config.plugin(&format!("p{number}"), &body));
    let daemon = Daemon::start(config);
    for _ in 0..2 {
        let page = daemon.get("/plugins");
        assert_eq!(page.json()["plugins"]["items"].as_array().map(Vec::len), Some(9));
        assert!(page.header("Content-Length").is_some_and(|length| length.parse().is_ok_and(|it: usize| it > 9 << 20)));
    }
}

#[test]
fn history_memory_bounds_all_results_and_drops_the_oldest() {
    let output = "Command: echo x >> {{DIR}}/all; wc -l < {{DIR}}/all; head -c 10000 /dev/zero | tr '\\0' x";
    let config = Config::new()
        .top("history_memory: 200000")
        .base("History: 100")
        .plugin("a", output)
        .plugin("b", "Command: echo first of all");
    let daemon = Daemon::start(config);
    for _ in 0..3 {
        let _ = daemon.run("b");
    }
    for _ in 0..60 {
        let _ = daemon.run("a");
    }
    let results = daemon.results("a");
    let numbers: Vec<usize> = results.iter().map(|result| result.info()[0].parse().expect("a number")).collect();
    let kept = numbers.len();
    assert!((5..=20).contains(&kept), "{kept} results of 10 kB in 200 kB");
    assert_eq!(numbers, (61 - kept..=60).collect::<Vec<_>>(), "the newest are kept");
    assert!(daemon.results("b").len() <= 1, "the oldest of all went first; a plugin's last one may stay");
    let said = daemon.log().lines().filter(|line| line.contains("history_memory")).count();
    assert_eq!(said, 1, "{}", daemon.log());
}
