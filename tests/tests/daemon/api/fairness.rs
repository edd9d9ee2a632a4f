//! One client, or one plugin named again and again, neither takes much memory nor keeps others from their requests.

use std::io;
use std::time::Duration;

use serde_json::json;
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::http::{Connection, Request, Response};
use smoker_tests::machine::processes;

/// How long an exchange may take.
const LIMIT: Duration = Duration::from_secs(30);

/// What the daemon may take at most under an attack, in MiB.
const MAX_PEAK: u64 = 128;

/// The most memory that the daemon has had, in MiB.
fn peak(daemon: &Daemon) -> u64 {
    let status = processes::status(daemon.pid()).expect("the daemon lives");
    let kibibytes = status["VmHWM"].split(' ').next().and_then(|size| size.parse::<u64>().ok());
    kibibytes.expect("a size") / 1024
}

fn forcing(names: &[&str]) -> Request {
    Request::post("/processes", json!({"process": {"plugins": names}}).to_string())
}

fn sent(daemon: &Daemon, client: u8, request: &Request) -> Response {
    request.send_as(client, daemon.address(), LIMIT).expect("an answer")
}

#[test]
fn a_plugin_that_is_named_ten_thousand_times_makes_no_large_page() {
    let daemon = Daemon::start(Config::new().plugin("big", "Command: head -c 20000 /dev/zero | tr '\\0' x"));
    let process = daemon.force(&vec!["big"; 10_000]);
    assert_eq!(daemon.finish(&process).len(), 101);
    let page = daemon.get(&process);
    assert!(page.body.len() < 8 << 20, "{} bytes", page.body.len());
    assert!(peak(&daemon) < MAX_PEAK, "{} MiB", peak(&daemon));
}

#[test]
fn bodies_that_are_never_finished_take_little_memory() {
    let daemon = Daemon::start(Config::new().plugin("a", "Command: 'true'"));
    let head = "POST /processes HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1048576\r\n\r\n";
    let most = [head.as_bytes(), &vec![b' '; 1_048_500]].concat();
    let begun = |_: u32| -> io::Result<Connection> {
        let mut connection = Connection::open_as(2, daemon.address(), Duration::from_secs(2))?;
        // The daemon may refuse it before it has been sent as a whole.
        let _ = connection.write(&most);
        Ok(connection)
    };
    let mut held: Vec<_> = (0..100).filter_map(|number| begun(number).ok()).collect();
    assert!(peak(&daemon) < MAX_PEAK, "{} MiB", peak(&daemon));
    let refused = held.iter_mut().filter_map(|connection| connection.read("POST").ok());
    assert!(refused.take(1).all(|response| response.status == 503));
    for client in [2, 3] {
        assert_eq!(sent(&daemon, client, &forcing(&["a"])).status, 202, "a small request is taken");
    }
}

#[test]
fn a_client_that_awaits_many_runs_refuses_nobody() {
    let config = Config::new().plugin("slow", "Command: sleep 300\nTimeout: 300").plugin("quick", "Command: echo done");
    let daemon = Daemon::start(config);
    let many = forcing(&vec!["slow"; 10_000]);
    for _ in 0..30 {
        assert_eq!(sent(&daemon, 2, &many).status, 202, "ten thousand times the same plugin is one run");
    }
    daemon.run("quick").expect_ok(&["done"]);
}

#[test]
fn results_that_a_client_never_reads_refuse_that_client_and_no_other() {
    let large = "head -c 1000000 /dev/zero | tr '\\0' x";
    let daemon = Daemon::start(Config::new().plugin("large", &format!("Command: {large}\nMaxOutput: 2M")));
    let last = (0..40).map(|_| sent(&daemon, 2, &forcing(&["large"]))).find_map(|response| {
        let Some(place) = response.header("Location") else { return Some(response) };
        // Asking with HEAD is not reading.
        let finished = || sent(&daemon, 2, &Request::new("HEAD", place)).status == 200;
        smoker_tests::wait::until_true("the run to end", finished);
        None
    });
    let refused = last.expect("more than a client may leave").expect_error(503);
    assert!(refused.contains("has not read"), "{refused}");
    let process = daemon.force(&["large"]);
    let _ = daemon.finish(&process);
    // Reading one makes room for the next.
    assert_eq!(sent(&daemon, 2, &Request::get("/processes/1")).status, 200);
    assert_eq!(sent(&daemon, 2, &Request::get("/processes/2")).status, 200);
    assert_eq!(sent(&daemon, 2, &forcing(&["large"])).status, 202);
    assert!(peak(&daemon) < MAX_PEAK, "{} MiB", peak(&daemon));
}

#[test]
fn a_client_beyond_max_forced_rate_gets_429_with_the_time_to_wait() {
    let config = || Config::new().plugin("a", "Command: 'true'").plugin("b", "Command: 'true'");
    let daemon = Daemon::start(config().top("max_forced_rate: 0.1"));
    assert_eq!(sent(&daemon, 2, &forcing(&["a", "a"])).status, 202);
    let refused = sent(&daemon, 2, &forcing(&["b"]));
    assert!(refused.expect_error(429).contains("max_forced_rate"));
    let wait: u64 = refused.header("Retry-After").and_then(|wait| wait.parse().ok()).expect("seconds");
    assert!((5..=10).contains(&wait), "{wait}");
    assert_eq!(sent(&daemon, 3, &forcing(&["b"])).status, 202, "another client is not refused");
    assert_eq!(sent(&daemon, 2, &Request::get("/processes")).status, 200, "only forced runs count");
    let _ = daemon.reload(&config());
    assert_eq!(sent(&daemon, 2, &forcing(&["a", "b"])).status, 202, "a reload removes the bound");
}

#[test]
fn a_long_list_of_processes_is_streamed_and_complete() {
    let name = "n".repeat(200);
    let daemon = Daemon::start(Config::new().plugin(&name, "Command: sleep 300\nTimeout: 300"));
    for _ in 0..1000 {
        assert_eq!(sent(&daemon, 2, &forcing(&[&name])).status, 202);
    }
    let page = daemon.get("/processes");
    let page = page.json();
    let listed: Vec<_> = page.as_array().expect("a list").iter().map(|entry| entry["href"].clone()).collect();
    assert_eq!(listed, (1..=1000).map(|id| json!(format!("processes/{id}"))).collect::<Vec<_>>());
}
