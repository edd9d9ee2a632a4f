//! What takes results out of the stream.

use std::fs;

use nix::sys::signal::Signal;
use serde_json::Value as Json;
use smoker_tests::nats::{Bridge, NatsServer};
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
