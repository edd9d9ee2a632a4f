//! A daemon that is killed while it runs plugins: what a client has seen is there afterwards, once and as it was.

use std::collections::{BTreeMap, HashMap};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use serde_json::Value as Json;
use smoker_tests::daemon::Daemon;
use smoker_tests::http::{ANSWER_LIMIT, Request};

use crate::journal::restart::{journal, with_journal};

/// How often the daemon is killed, unless `SMOKER_CRASH_ROUNDS` says otherwise.
const ROUNDS: usize = 5;

/// Each runs twenty times a second.
const PLUGINS: usize = 25;

/// The results of each plugin, oldest first, as the pages have them.
type Seen = HashMap<String, Vec<Json>>;

/// How many of the newest results of a page are looked for after a crash: beyond those that come meanwhile, the page has more room.
const LOOKED_FOR: usize = 50;

/// What the pages show, the newest results of each up to a number. A page that does not come any more shows nothing.
fn look(daemon: &Daemon, newest: usize, seen: &mut Seen) {
    for number in 0..PLUGINS {
        let name = format!("p{number}");
        let Ok(response) = Request::get(&format!("/plugins/{name}")).send(daemon.address(), ANSWER_LIMIT) else {
            return;
        };
        let page: Json = response.json();
        let results = page["results"].as_array().expect("a list of results");
        seen.insert(name, results[results.len().saturating_sub(newest)..].to_vec());
    }
}

/// The results that a client has got as events, by number, until the daemon ends.
fn listen(daemon: &Daemon) -> JoinHandle<BTreeMap<u64, Json>> {
    let mut connection = daemon.connect();
    connection.write(&Request::get("/events").to_bytes("a")).expect("the request is sent");
    assert_eq!(connection.read_head().expect("an answer").status, 200);
    thread::spawn(move || {
        let mut text = String::new();
        while let Ok(chunk) = connection.read_chunk() {
            text.push_str(&String::from_utf8_lossy(&chunk));
        }
        // What was cut in the middle has not been got.
        let whole = text.rsplit_once("\n\n").map_or("", |(whole, _)| whole);
        let events = whole.split("\n\n").filter(|event| event.contains("event: result\n"));
        let data = events.filter_map(|event| event.lines().find_map(|line| line.strip_prefix("data: ")));
        let results = data.map(|data| serde_json::from_str::<Json>(data).expect("JSON"));
        results.map(|result| (result["sequence"].as_u64().expect("a number"), result)).collect()
    })
}

/// Each event of before is among the results, once and as it was.
fn compare_events(daemon: &Daemon, events: &BTreeMap<u64, Json>) {
    let Some(first) = events.keys().next() else { return };
    let mut results = BTreeMap::new();
    let mut path = "/results?limit=1000".to_owned();
    loop {
        let page = daemon.get(&path).json();
        for result in page["results"].as_array().expect("a list of results") {
            let number = result["sequence"].as_u64().expect("a number");
            assert!(results.insert(number, result["result"].clone()).is_none(), "{number} is there twice");
        }
        let Some(cursor) = page["nextCursor"].as_str().filter(|_| results.keys().next() > Some(first)) else { break };
        path = format!("/results?limit=1000&cursor={cursor}");
    }
    for (number, event) in events {
        assert_eq!(results.get(number), Some(&event["result"]), "{event} has been lost, or is another one");
    }
}

/// Everything of before is there, in its order, and nothing twice.
fn compare(before: &Seen, after: &Seen) {
    for (name, before) in before {
        let after = &after[name];
        let mut rest = after.iter();
        for result in before {
            assert!(
                rest.any(|other| other == result),
                "{name} has lost {result}, or has it in another place: {after:?}"
            );
        }
        let mut texts: Vec<_> = after.iter().map(ToString::to_string).collect();
        texts.sort();
        texts.dedup();
        assert_eq!(texts.len(), after.len(), "{name} has a result twice: {after:?}");
    }
}

/// What is known of the run of `slow` that the crash has ended.
fn expect_interrupted(daemon: &Daemon, process: &str) {
    let page = daemon.get(process).json();
    assert!(page["plugins"]["items"][0]["lastResult"].is_null(), "it is no result of the plugin: {page}");
    let page = daemon.get("/plugins/slow/results?limit=1").json();
    let run = &page["results"][0];
    assert_eq!((&run["interrupted"], &run["generation"]), (&Json::Bool(true), &Json::from(1)), "{run}");
    // It went on as long as others did.
    assert!(run["result"]["duration"].as_f64().is_some_and(|seconds| (0.05..30.0).contains(&seconds)), "{run}");
    let summary = daemon.get("/plugins/slow/summary").json();
    assert_eq!((&summary["summary"]["runs"], &summary["summary"]["failures"]), (&Json::from(0), &Json::from(0)));
}

#[test]
fn nothing_that_was_seen_is_lost_when_the_daemon_is_killed() {
    let rounds = std::env::var("SMOKER_CRASH_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(ROUNDS);
    let mut config = with_journal().plugin("slow", "Command: sleep 600\nTimeout: 600").base("History: 150");
    for number in 0..PLUGINS {
        config = config.plugin(&format!("p{number}"), "Command: 'echo \"$$\"'\nInterval: 0.05\nSplay: 0");
    }
    let mut daemon = Daemon::start(config);
    let mut numbers = Vec::new();
    for round in 0..rounds {
        let mut before = Seen::new();
        // Processes whose runs have ended, have not ended and have not begun.
        let ended = daemon.force(&["p0", "p1"]);
        let page = daemon.finish(&ended);
        let slow = daemon.force(&["slow", "p2"]);
        // Any moment: the writes of a round are spread over it.
        let events = listen(&daemon);
        let end = Instant::now() + Duration::from_millis(200 + 37 * (u64::try_from(round).expect("small") % 11));
        while Instant::now() < end {
            look(&daemon, LOOKED_FOR, &mut before);
            thread::sleep(Duration::from_millis(20));
        }
        let late = daemon.force(&["p3"]);
        daemon.signal(Signal::SIGKILL);
        assert_eq!(daemon.wait_for_exit(), -9);
        let (text, code) = journal(&daemon, "verify");
        assert_eq!(code, 0, "{text}");
        daemon.try_start().expect("it starts again");
        let mut after = Seen::new();
        look(&daemon, usize::MAX, &mut after);
        compare(&before, &after);
        let events = events.join().expect("the listener has not panicked");
        assert!(!events.is_empty(), "no event came");
        compare_events(&daemon, &events);
        assert_eq!(daemon.finish(&ended), page, "the page of a process is as it was");
        let interrupted = daemon.finish(&slow);
        assert!(interrupted[0].1.error().iter().any(|text| text.contains("smokerd ended before")), "{interrupted:?}");
        assert!(daemon.plugin("slow")["plugin"]["lastResult"].is_null(), "it says nothing of what was checked");
        expect_interrupted(&daemon, &slow);
        let _ = daemon.finish(&late);
        numbers.extend(
            [ended, slow, late]
                .map(|path| path.rsplit('/').next().unwrap_or_default().parse::<u64>().expect("a number")),
        );
    }
    assert!(numbers.is_sorted_by(|one, other| one < other), "{numbers:?}");
}
