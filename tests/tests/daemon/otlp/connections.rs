//! How requests reach the collector: TLS, kept connections, compression, time.

use std::fs;

use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::machine::pki::{Pki, Purpose};
use smoker_tests::machine::skip::program;
use smoker_tests::otlp::collector::{OtlpCollector, OtlpRequest, Reaction};
use smoker_tests::sandbox::Sandbox;
use smoker_tests::wait;

fn with(otlp: &str) -> Config {
    Config::new().top("state_dir: '{{DIR}}/state'").top(&format!("otlp: {otlp}")).plugin("a", "Command: echo a")
}

/// How many results the daemon knows to be taken.
fn taken(daemon: &Daemon) -> usize {
    let page = daemon.get("/metrics").text();
    let count = page.lines().find_map(|line| line.strip_prefix("smoker_otlp_sent_total{signal=\"logs\"} "));
    count.unwrap_or_else(|| panic!("{page}")).parse().expect("a number")
}

fn header<'a>(request: &'a OtlpRequest, name: &str) -> Option<&'a str> {
    request.headers.iter().find(|(its, _)| its == name).map(|(_, value)| value.as_str())
}

/// A site's authority, and a collector that it has made a certificate for.
fn secure_collector(folder: &Sandbox) -> Option<(Pki, OtlpCollector)> {
    program("openssl", "apt-get install openssl")?;
    let pki = Pki::make(folder.path("pki"));
    pki.issue("collector", Purpose::Server);
    let collector = OtlpCollector::start_with_tls(&pki.file("collector.pem"), &pki.file("collector.key"));
    Some((pki, collector))
}

#[test]
fn a_collector_with_a_certificate_of_the_named_authority_gets_everything_over_tls() {
    let folder = Sandbox::new();
    let Some((pki, collector)) = secure_collector(&folder) else { return };
    // The name of an authority that changes: first another one.
    let other = Pki::make(folder.path("other"));
    let trusted = folder.path("trusted.pem");
    let trust = |pki: &Pki| {
        // In one step: half of a file has no certificate.
        fs::copy(pki.file("ca.pem"), folder.path("new.pem")).expect("writable");
        fs::rename(folder.path("new.pem"), &trusted).expect("the same folder");
    };
    trust(&other);
    let daemon = Daemon::start(with(&format!(
        "{{endpoint: '{}', interval: 1s, ca_file: '{}', headers: {{X-Key: sesame-sesame}}}}",
        collector.endpoint(),
        trusted.display()
    )));
    let _ = daemon.run("a");
    wait::until_true("both to be refused", || {
        let log = daemon.log();
        ["metrics", "logs"].iter().all(|signal| {
            log.contains(&format!(
                "/v1/{signal}: its certificate is not trusted: an authority with the name of its issuer"
            ))
        })
    });
    assert_eq!(collector.attempts(), 0, "nothing is sent to it");

    trust(&pki);
    wait::until_true("the result", || collector.records().len() == 1);
    let _ = collector.metric("smoker_plugins");
    let request = &collector.requests("/v1/logs")[0];
    assert_eq!((header(request, "x-key"), header(request, "content-encoding")), (Some("sesame-sesame"), Some("gzip")));
    wait::until_true("the log to say so", || daemon.log().contains("/v1/logs takes results again, after "));

    // Connections are kept: one for each signal.
    let connections = collector.connections();
    for expected in 2..=4 {
        let _ = daemon.run("a");
        wait::until_true("the next result", || collector.records().len() == expected);
    }
    let used: Vec<_> = collector.requests("/v1/logs").iter().map(|request| request.connection).collect();
    assert!(used.iter().all(|connection| *connection == used[0]), "{used:?}");
    assert_eq!(collector.connections(), connections);

    // An authority that is taken out does not count any more.
    trust(&other);
    let _ = daemon.run("a");
    wait::until_true("it to be refused again", || {
        daemon.log().matches("/v1/logs: its certificate is not trusted").count() == 2
    });
    assert_eq!(collector.records().len(), 4);
}

#[test]
fn a_connection_that_the_collector_closes_loses_and_repeats_nothing() {
    let collector = OtlpCollector::start();
    let daemon = Daemon::start(with(&format!("{{endpoint: '{}', interval: 1h}}", collector.endpoint())));
    for expected in 1..=6 {
        let _ = daemon.run("a");
        // An answer that is on its way would be lost with its connection.
        wait::until_true("the result", || taken(&daemon) == expected);
        if expected % 2 == 0 {
            collector.close_connections();
        }
    }
    let mut used: Vec<_> = collector.requests("/v1/logs").iter().map(|request| request.connection).collect();
    assert_eq!(used.len(), 6, "each came once");
    assert!(used[0] == used[1] && used[2] == used[3] && used[4] == used[5], "{used:?}");
    used.dedup();
    assert_eq!(used.len(), 3);
    let page = daemon.get("/metrics").text();
    assert!(page.contains("smoker_otlp_failed_requests_total{signal=\"logs\"} 0\n"), "{page}");
    assert!(!daemon.log().contains("/v1/logs: "), "{}", daemon.log());
}

#[test]
fn requests_are_compressed_unless_the_configuration_says_no() {
    for (compression, expected) in
        [("", Some("gzip")), (", compression: gzip", Some("gzip")), (", compression: none", None)]
    {
        let collector = OtlpCollector::start();
        let daemon =
            Daemon::start(with(&format!("{{endpoint: '{}', interval: 1s{compression}}}", collector.endpoint())));
        let _ = daemon.run("a");
        wait::until_true("the result", || collector.records().len() == 1);
        let _ = collector.metric("smoker_plugins");
        for path in ["/v1/logs", "/v1/metrics"] {
            let request = &collector.requests(path)[0];
            assert_eq!(header(request, "content-encoding"), expected, "{path}");
            let length: usize = header(request, "content-length").expect("a length").parse().expect("a number");
            assert_eq!(length < request.body.to_string().len(), expected.is_some(), "{path}: {length} bytes");
        }
    }
}

/// The words of the answers differ, as those of collectors do that name what they refuse.
#[test]
fn a_trouble_whose_words_change_is_said_once() {
    let collector = OtlpCollector::start();
    let partial = r#"{"partialSuccess": {"rejectedLogRecords": 1, "errorMessage": "no room for number {n}"}}"#;
    collector.react(Reaction::Answer(200, "", partial));
    let daemon = Daemon::start(with(&format!("{{endpoint: '{}', interval: 1h}}", collector.endpoint())));
    for expected in 1..=4 {
        let _ = daemon.run("a");
        wait::until_true("the result", || collector.records().len() == expected);
    }
    wait::until_true("the count, with the last answer", || {
        daemon.get("/metrics").text().contains("smoker_otlp_dropped_total{signal=\"logs\"} 4\n")
    });
    let log = daemon.log();
    assert_eq!(log.matches("has refused 1 of 1 results: no room for number").count(), 1, "{log}");

    // One that comes and goes between two kinds is said once for each, until a request is taken.
    for _ in 0..2 {
        // A kept connection that is closed does not count: the request is sent once more at once.
        collector.react_once("/v1/logs", Reaction::Close);
        collector.react_once("/v1/logs", Reaction::Close);
        collector.react_once("/v1/logs", Reaction::Answer(503, "Retry-After: 0\r\n", "busy {n}"));
    }
    collector.take_all();
    let _ = daemon.run("a");
    wait::until_true("the result", || collector.records().len() == 5);
    wait::until_true("the end of it", || {
        daemon.log().contains("takes results again, after 2 requests without an answer, 2 requests with the status 503")
    });
    let log = daemon.log();
    assert_eq!(log.matches("answered with status 503").count(), 1, "{log}");
    assert_eq!(log.matches("/v1/logs: no answer").count(), 1, "{log}");
}
