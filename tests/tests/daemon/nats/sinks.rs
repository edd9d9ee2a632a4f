//! What takes results out of the stream.

use std::fs;

use nix::sys::signal::Signal;
use serde_json::Value as Json;
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::nats::{Bridge, NatsServer};
use smoker_tests::otlp::collector::{OtlpCollector, Reaction, attribute};
use smoker_tests::receiver::Receiver;
use smoker_tests::wait;

use crate::nats::client::NatsClient;

/// A stream with results of a host, and the arguments of a sink.
fn server() -> Option<(NatsServer, NatsClient)> {
    let server = NatsServer::start()?;
    server.make_streams("test");
    let client = NatsClient::of(&server);
    Some((server, client))
}

fn store(client: &NatsClient, numbers: std::ops::Range<u64>) {
    for number in numbers {
        assert!(client.store(&client.fleet.result("web.1", "disk /"), &format!("{{\"sequence\": {number}}}")));
    }
}

#[test]
fn a_file_has_each_result_once() {
    let Some((mut server, client)) = server() else { return };
    let path = server.path("results");
    let lines = || -> Vec<Json> {
        let text = fs::read_to_string(&path).unwrap_or_default();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    };
    store(&client, 0..3);
    let words = ["sink", "file", path.to_str().expect("a path")];
    let mut sink = Bridge::sink(&server, &words);
    wait::until_true("three results", || lines().len() == 3);
    store(&client, 3..6);
    wait::until_true("three more", || lines().len() == 6);
    let _ = sink.end(Signal::SIGKILL);
    store(&client, 6..9);
    sink.restart();
    wait::until_true("those of meanwhile", || lines().len() == 9);
    server.kill();
    server.restart();
    store(&NatsClient::of(&server), 9..12);
    wait::until_true("those behind the restart", || lines().len() >= 12);
    let lines = lines();
    let number = |line: &Json| line["result"]["sequence"].as_u64().expect("a number");
    let mut numbers: Vec<_> = lines.iter().map(number).collect();
    // What the server had sent to the sink that was killed comes again, behind others.
    numbers.sort_unstable();
    assert_eq!(numbers, (0..12).collect::<Vec<_>>());
    assert_eq!((&lines[0]["host"], &lines[0]["plugin"]), (&Json::from("web.1"), &Json::from("disk /")));
    assert!(lines[0]["stored"].as_str().is_some_and(|stored| stored.ends_with('Z')), "{}", lines[0]);
}

/// Another result has the number of one that was taken before, as also when a cluster has lost the end of its stream.
#[test]
fn what_a_stream_that_was_made_again_has_is_taken() {
    let Some((server, client)) = server() else { return };
    let path = server.path("results");
    let receiver = Receiver::start(true);
    let url = format!("http://{}/results", receiver.address());
    let mut to_file = Bridge::sink(&server, &["sink", "file", path.to_str().expect("a path")]);
    let _to_webhook = Bridge::sink(&server, &["sink", "webhook", &url, "--durable", "posted"]);
    let written = || fs::read_to_string(&path).unwrap_or_default().lines().count();
    let expect = |numbers: std::ops::Range<u64>| {
        let end = usize::try_from(numbers.end).expect("a few");
        numbers.for_each(|number| assert_eq!(receiver.next().body["result"]["sequence"], number));
        wait::until_true("the lines", || written() == end);
    };
    store(&client, 0..3);
    expect(0..3);
    client.empty_stream();
    store(&client, 3..6);
    expect(3..6);
    // The file knows what it has also behind a start.
    let _ = to_file.end(Signal::SIGTERM);
    client.empty_stream();
    store(&client, 6..9);
    to_file.restart();
    expect(6..9);
}

#[test]
fn a_webhook_that_is_away_gets_all_later() {
    let Some((server, client)) = server() else { return };
    let receiver = Receiver::start(false);
    let url = format!("http://{}/results", receiver.address());
    let sink = Bridge::sink(&server, &["sink", "webhook", &url]);
    store(&client, 0..3);
    wait::until_true("a line about it", || sink.log().contains("results wait in the stream: http://"));
    receiver.go_up();
    for number in 0..3_u64 {
        let posted = receiver.next();
        assert!(posted.head.contains("smoker-message: "), "{}", posted.head);
        assert_eq!(posted.body["result"]["sequence"], number);
    }
}

/// The results are those of a real daemon, so that a record has what the daemon's own export has.
#[test]
fn a_collector_gets_records_of_each_host_and_only_its_success_counts() {
    let Some((server, _)) = server() else { return };
    let config = || Config::new().top("socket: '{{DIR}}/socket'").plugin("disk /", "Command: echo full; exit 1");
    let daemons = [Daemon::start(config()), Daemon::start(config())];
    let bridges = [Bridge::start(&server, &daemons[0], "web.1"), Bridge::start(&server, &daemons[1], "web.2")];
    let collector = OtlpCollector::start();
    collector.react(Reaction::Answer(400, "", "not now"));
    let sink = Bridge::sink(&server, &["sink", "otlp", &collector.endpoint()]);
    for daemon in &daemons {
        let _ = daemon.run("disk /");
    }
    wait::until_true("a line about it", || sink.log().contains("/v1/logs answers with"));
    collector.take_all();
    wait::until_true("both results", || collector.records().len() == 2);
    let _ = daemons[0].run("disk /");
    wait::until_true("one more", || collector.records().len() == 3);
    for record in collector.records() {
        assert_eq!(record["severityText"], "ERROR", "{record}");
        assert_eq!(record["body"]["stringValue"], "full (exit status 1)", "{record}");
        let text = |name| attribute(&record, name)["stringValue"].as_str().map(str::to_owned);
        let trigger = text("trigger");
        assert_eq!((text("plugin").as_deref(), trigger.as_deref()), (Some("disk /"), Some("force")), "{record}");
        assert_eq!(attribute(&record, "exit_status")["intValue"], "1", "{record}");
    }
    let taken = collector.requests("/v1/logs").into_iter().filter(|request| request.status == 200);
    let groups = taken.flat_map(|request| request.body["resourceLogs"].as_array().cloned().expect("a list"));
    let name = |group: Json| attribute(&group["resource"], "host.name")["stringValue"].clone();
    let mut hosts: Vec<_> = groups.map(name).collect();
    hosts.sort_by_key(ToString::to_string);
    hosts.dedup();
    assert_eq!(hosts, ["web.1", "web.2"]);
    assert!(bridges.iter().all(|bridge| !bridge.log().contains("ERROR")), "{}{}", bridges[0].log(), bridges[1].log());
}
