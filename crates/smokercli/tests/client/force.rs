//! Forced runs of daemons that are busy, restarted, or answer something else.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::corpus::host;
use crate::fake::Fake;
use crate::gate::daemon;
use crate::odd_results::with_result;
use crate::run::{CHECK, Done, Run, SMOKERCLI};

fn smokercli(address: &str, arguments: &[&str]) -> Done {
    Run::of(SMOKERCLI).args([&["-s", address], arguments].concat()).done()
}

fn check(address: &str, arguments: &[&str]) -> Done {
    Run::of(CHECK).args([&["-H", address], arguments].concat()).done()
}

#[test]
fn a_forced_run_that_answers_without_a_result_is_no_success() {
    let links = json!([{"rel": "plugins", "href": "/plugins"}, {"rel": "processes", "href": "/processes"}]);
    let empty = json!({"plugin": {"name": "p", "parameters": {}, "lastResult": null}});
    let spec = json!({"about": {"about": {"host": "h", "links": links}}, "forced": {"p": empty},
        "plugins": {"plugins": {"items": [{"plugin": with_result("p", &json!({"status": "OK"}))}]}}});
    let fake = Fake::start(&spec);
    let done = smokercli(fake.address(), &["-f", "-e", "-o", "ndjson"]);
    assert!(done.code != Some(0) && done.stdout.contains("MISSING"), "{done:?}");
    let done = check(fake.address(), &["-f", "p"]);
    assert_eq!((done.code, done.stdout.contains("the forced run gave no result")), (Some(3), true), "{done:?}");
}

/// A daemon that was restarted counts its processes from 1 again, and another client's may be the one that is asked for.
#[test]
fn results_of_another_run_are_not_shown() {
    let links = json!([{"rel": "plugins", "href": "/plugins"}, {"rel": "processes", "href": "/processes"}]);
    let mut mine = with_result("mine", &json!({"status": "OK"}));
    let mut other = mine.clone();
    other["name"] = json!("other");
    other["forcedResult"] = json!({"status": "OK", "lastRun": "2027-01-01T00:00:00"});
    let spec = json!({"about": {"about": {"host": "h", "links": links}}, "forced": {"mine": {"plugin": other}},
        "plugins": {"plugins": {"items": [{"plugin": mine.take()}]}}});
    let fake = Fake::start(&spec);
    let done = smokercli(fake.address(), &["-f", "-e", "-o", "json"]);
    assert_eq!((done.code != Some(0), done.stdout.contains("other")), (true, false), "{done:?}");
    assert!(done.stderr.contains("Host h: no result of mine"), "{done:?}");
}

/// Failures that are not in a row do not add up.
#[test]
fn a_long_run_outlives_many_polls_that_fail() {
    let links = json!([{"rel": "plugins", "href": "/plugins"}, {"rel": "processes", "href": "/processes"}]);
    let mut subject = with_result("p", &json!({"status": "OK"}));
    let page = |plugin: &Value| json!({"plugins": {"items": [{"plugin": plugin}]}}).to_string();
    let last = page(&subject);
    subject["forcedResult"] = json!({"status": "OK", "lastRun": "2027-01-01T00:00:00"});
    let running = json!({"asyncTask": {"link": {"poll": "/processes/1"}}}).to_string();
    let mut answers = vec![json!({"about": {"host": "h", "links": links}}).to_string(), last, running.clone()];
    answers.extend([String::new(), running].iter().cycle().take(10).cloned());
    answers.push(page(&subject));
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    let serving = std::thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().expect("a client");
            let mut request = [0; 4096];
            // The body of the POST may come by itself.
            while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                let _ = stream.read(&mut request).expect("a request");
            }
            let status = if answer.is_empty() { "500 Busy" } else { "200 OK" };
            let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", answer.len());
            stream.write_all((head + &answer).as_bytes()).expect("a client that reads");
        }
    });
    let done = smokercli(&address, &["-f", "-e"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(done.stderr.matches("HTTP Error 500").count(), 5, "{done:?}");
    serving.join().expect("all answers are asked for");
}

/// Every call that runs plugins once waits as the gate does.
#[test]
fn a_daemon_that_lets_a_client_run_no_more_plugins_yet_is_waited_for() {
    let mut spec = daemon(&[("Disk", "OK")]);
    spec["refused_posts"] = json!(1);
    for (program, line) in [
        (SMOKERCLI, "-s HOST -f -e"),
        (SMOKERCLI, "baseline -s HOST"),
        (SMOKERCLI, "odd -s HOST OTHER -f"),
        (SMOKERCLI, "gate -s HOST --within 1m"),
        (CHECK, "-H HOST -f Disk"),
    ] {
        let (fake, other) = (Fake::start(&spec), Fake::start(&daemon(&[("Disk", "OK")])));
        let words = line.split(' ').map(|word| word.replace("HOST", fake.address()).replace("OTHER", other.address()));
        let done = Run::of(program).args(words).done();
        assert_eq!(done.code, Some(0), "{line}: {done:?}");
        let runs = fake.requests().iter().filter(|request| request["method"] == "POST").count();
        assert_eq!(runs, 2, "{line}");
        // Who waits for a round, or reads one line, is told nothing of it.
        let is_told = program == SMOKERCLI && !line.starts_with("gate");
        let told = "WARNING: Host h: its max_forced_rate lets this client run no more plugins yet; asking again in 1 s";
        assert_eq!(done.stderr.matches(told).count(), usize::from(is_told), "{line}: {done:?}");
    }
}

#[test]
fn a_daemon_that_is_busy_for_a_moment_keeps_its_run() {
    let mut spec = host("server2");
    for (key, value) in [("fail", json!("http500")), ("fail_at", json!("poll")), ("fail_times", json!(3))] {
        spec[key] = value;
    }
    let fake = Fake::start(&spec);
    let start = Instant::now();
    let done = smokercli(fake.address(), &["-f", "-e"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    // Retries within milliseconds would all meet the same moment.
    assert!(start.elapsed() >= Duration::from_millis(1400), "{:?}", start.elapsed());
}
