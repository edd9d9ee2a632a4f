//! What is not taken at once: retries, crashes, refusals, a collector that hangs.

use std::fs;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use serde_json::{Value as Json, json};
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::otlp::collector::{OtlpCollector, Reaction, attribute};
use smoker_tests::otlp::fields::items;
use smoker_tests::wait;

fn config(collector: &OtlpCollector) -> Config {
    Config::new()
        .top("state_dir: '{{DIR}}/state'")
        .top(&format!("otlp: {{endpoint: '{}', interval: 1s}}", collector.endpoint()))
        .plugin("a", "Command: echo a")
}

/// The numbers of the results that were taken.
fn sequences(collector: &OtlpCollector) -> Vec<u64> {
    let number = |record: &Json| attribute(record, "sequence")["intValue"].as_str()?.parse().ok();
    collector.records().iter().map(|record| number(record).expect("a number")).collect()
}

/// The numbers of all results that the daemon has.
fn all_sequences(daemon: &Daemon) -> Vec<u64> {
    let page = daemon.get("/results?limit=1000").json();
    let mut numbers: Vec<_> =
        page["results"].as_array().expect("a list").iter().filter_map(|it| it["sequence"].as_u64()).collect();
    numbers.sort_unstable();
    numbers
}

/// A number of the daemon's page of metrics.
fn counted(daemon: &Daemon, series: &str) -> u64 {
    let page = daemon.get("/metrics").text();
    let value = page.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    value.unwrap_or_else(|| panic!("{series}: {page}")).parse().expect("a number")
}

#[test]
fn neither_a_collector_that_is_away_nor_a_crash_loses_a_result() {
    let collector = OtlpCollector::start();
    // From the first start on.
    collector.react(Reaction::Close);
    let mut daemon = Daemon::start(config(&collector));
    let _ = daemon.run("a");
    wait::until_true("requests", || collector.attempts() > 1);
    daemon.signal(Signal::SIGKILL);
    let _ = daemon.wait_for_exit();
    collector.take_all();
    daemon.try_start().expect("it starts again");
    let _ = daemon.run("a");
    wait::until_true("the first results", || collector.records().len() == 2);
    let kept = || fs::read_to_string(daemon.path("state/otlp")).unwrap_or_default();
    wait::until_true("that to be kept", || kept().trim().parse::<u64>().is_ok_and(|at| at >= sequences(&collector)[1]));

    // Without an answer, with an answer that asks to come again, and with one that says when.
    collector.react(Reaction::Close);
    let (answered, attempts) = (collector.requests("/v1/logs").len(), collector.attempts());
    for _ in 0..3 {
        let _ = daemon.run("a");
    }
    wait::until_true("requests that get no answer", || collector.attempts() >= attempts + 2);
    assert_eq!(collector.requests("/v1/logs").len(), answered);
    wait::until_true("the log to say so", || daemon.log().contains("/v1/logs: no answer"));
    daemon.signal(Signal::SIGKILL);
    let _ = daemon.wait_for_exit();
    for status in [429, 502, 503, 504] {
        collector.react_once("/v1/logs", Reaction::Answer(status, "Retry-After: 0\r\n", "{}"));
    }
    collector.take_all();
    daemon.try_start().expect("it starts again");
    let _ = daemon.run("a");
    wait::until_true("all results", || sequences(&collector).len() >= 6);
    let retried = collector.requests("/v1/logs").iter().filter(|request| request.status > 200).count();
    assert_eq!(retried, 4);
    assert_eq!(sequences(&collector), all_sequences(&daemon), "each once, in its order");
    assert_eq!(counted(&daemon, "smoker_otlp_failed_requests_total{signal=\"logs\"}"), 4);
    assert_eq!(counted(&daemon, "smoker_otlp_lost_records_total"), 0);
    assert!(daemon.log().contains("takes results again"), "{}", daemon.log());
}

/// As long as it asks for.
#[test]
fn a_collector_that_asks_for_time_gets_it() {
    let collector = OtlpCollector::start();
    collector.react_once("/v1/logs", Reaction::Answer(503, "Retry-After: 3\r\n", ""));
    let daemon = Daemon::start(config(&collector));
    let _ = daemon.run("a");
    let begin = wait::until("the first answer", || (!collector.requests("/v1/logs").is_empty()).then(Instant::now));
    wait::until_true("the result", || collector.records().len() == 1);
    // The answer was seen a moment after it was given.
    assert!(begin.elapsed() > Duration::from_millis(2500), "{:?}", begin.elapsed());
    assert_eq!(collector.requests("/v1/logs").len(), 2);
}

#[test]
fn what_is_refused_is_said_once_counted_and_not_sent_again() {
    let collector = OtlpCollector::start();
    collector.react(Reaction::Answer(401, "", r#"{"message": "who are you? you said sesame-sesame"}"#));
    let config = Config::new()
        .top(&format!(
            "otlp: {{endpoint: '{}', interval: 1s, headers: {{Authorization: Bearer sesame-sesame}}}}",
            collector.endpoint()
        ))
        .plugin("a", "Command: echo a");
    let daemon = Daemon::start(config);
    for expected in 1..=3 {
        let _ = daemon.run("a");
        wait::until_true("an answer", || collector.requests("/v1/logs").len() == expected);
    }
    wait::until_true("metrics, too", || collector.requests("/v1/metrics").len() > 1);
    wait::until_true("the count", || counted(&daemon, "smoker_otlp_dropped_total{signal=\"logs\"}") == 3);
    let log = daemon.log();
    let lines: Vec<_> = log.lines().filter(|line| line.contains("/v1/logs answered with status 401")).collect();
    assert_eq!(lines.len(), 1, "{log}");
    assert!(lines[0].contains("who are you?") && lines[0].contains("these results are not sent again"), "{lines:?}");
    assert!(!log.contains("sesame"), "{log}");

    let partial = r#"{"partialSuccess": {"rejectedLogRecords": "1", "errorMessage": "no room for it"}}"#;
    collector.react(Reaction::Answer(200, "", partial));
    let _ = daemon.run("a");
    wait::until_true("the reason", || {
        daemon.log().contains("/v1/logs has refused 1 of 1 results: no room for it")
            && counted(&daemon, "smoker_otlp_dropped_total{signal=\"logs\"}") == 4
    });
    assert_eq!(counted(&daemon, "smoker_otlp_sent_total{signal=\"logs\"}"), 0);
}

#[test]
fn a_collector_that_hangs_delays_no_run_no_reload_and_no_stop() {
    let collector = OtlpCollector::start();
    collector.react(Reaction::Hang);
    let first = config(&collector).plugin("often", "Command: echo b\nInterval: 0.2\nSplay: 0");
    let mut daemon = Daemon::start(first.clone());
    wait::until_true("requests of both kinds that hang", || collector.attempts() >= 2);
    let before = daemon.results("often").len();
    let begin = Instant::now();
    let _ = daemon.wait_for_results("often", before.min(8) + 2);
    let _ = daemon.run("a");
    let _ = daemon.reload(&first.plugin("c", "Command: echo c"));
    assert_eq!(daemon.run("c").status(), "OK");
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait_for_exit(), 0);
    // Requests are given up after ten seconds.
    assert!(begin.elapsed() < Duration::from_secs(8), "{:?}", begin.elapsed());
}

/// Without a journal there is what memory keeps, and what it does not keep is counted.
#[test]
fn what_is_not_kept_any_more_is_said_and_counted() {
    let collector = OtlpCollector::start();
    collector.react(Reaction::Close);
    let config = Config::new()
        .top(&format!("otlp: {{endpoint: '{}', interval: 1s}}", collector.endpoint()))
        .plugin("a", "Command: echo a\nHistory: 3");
    let daemon = Daemon::start(config);
    let _ = daemon.run("a");
    // Not one of metrics: results that come before the first request would be sent with it.
    wait::until_true("a request with the result", || daemon.log().contains("/v1/logs: no answer"));
    for _ in 0..7 {
        let _ = daemon.run("a");
    }
    collector.take_all();
    wait::until_true("what is kept", || collector.records().len() >= 3);
    wait::until_true("the count", || counted(&daemon, "smoker_otlp_lost_records_total") == 5);
    assert_eq!(sequences(&collector), [6, 7, 8]);
    assert!(daemon.log().contains("5 records, results or starts of runs, are not kept any more"), "{}", daemon.log());
}

#[test]
fn results_that_waited_are_sent_in_bounded_requests() {
    let collector = OtlpCollector::start();
    collector.react(Reaction::Close);
    let mut config = config(&collector).plugin("big", "Command: head -c 400000 /dev/zero | tr '\\0' x");
    for at in 0..520 {
        config = config.plugin(&format!("p{at}"), "Command: echo x\nKind: many");
    }
    let daemon = Daemon::start(config);
    for _ in 0..6 {
        let _ = daemon.run("big");
    }
    let process = daemon.force_with(&json!({"process": {"filter": {"Kind": "many"}}}));
    assert_eq!(daemon.finish(&process).len(), 520);
    collector.take_all();
    wait::until_true("all results", || collector.records().len() >= 526);
    let taken = collector.requests("/v1/logs").into_iter().filter(|request| request.status == 200);
    let sizes: Vec<_> = taken
        .map(|request| {
            let records = items(&request.body, &["resourceLogs", "scopeLogs", "logRecords"]);
            let is_big = |record: &&Json| attribute(record, "plugin")["stringValue"] == "big";
            (records.len(), records.iter().filter(is_big).count())
        })
        .collect();
    assert!(sizes.iter().all(|(all, big)| *all <= 500 && *big <= 3), "{sizes:?}");
    let mut numbers = sequences(&collector);
    numbers.dedup();
    assert_eq!(numbers.len(), 526, "each once");
    let long = collector.records().into_iter().find(|record| attribute(record, "plugin")["stringValue"] == "big");
    assert_eq!(long.expect("a big one")["body"]["stringValue"].as_str().map(str::len), Some(4096));
}
