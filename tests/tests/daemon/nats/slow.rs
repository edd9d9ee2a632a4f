//! Who does not keep up slows no daemon, and loses nothing for others.

use std::io::Write;
use std::net::TcpStream;

use nix::sys::signal::Signal;
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::nats::{Bridge, NatsServer};
use smoker_tests::wait;

use crate::nats::client::NatsClient;
use crate::nats::compared::{busy, expect_all, journal, stream};

/// How many requests go out before it is looked at the daemon again: more than a bridge lets wait.
const FLOOD: usize = 200;

#[test]
fn a_client_that_reads_no_answers_slows_no_daemon() {
    let Some(server) = NatsServer::start() else { return };
    server.make_streams("test");
    let daemon = busy();
    let _bridge = Bridge::start(&server, &daemon, "a");
    let client = NatsClient::of(&server);
    wait::until_true("results in the stream", || stream(&client, "a").len() >= 3);
    let mut slow = TcpStream::connect(server.address()).expect("a connection");
    slow.write_all(b"CONNECT {\"verbose\":false,\"headers\":true}\r\nSUB smoker.v1.test.> 1\r\nSUB never.read 2\r\n")
        .expect("it is sent");
    let before = journal(&daemon).len();
    wait::until_true("runs meanwhile", || {
        client.request_without_reading(&client.fleet.host("a"), "never.read", "GET /plugins HTTP/1.1\r\n\r\n", FLOOD);
        journal(&daemon).len() >= before + 15
    });
    let request = "GET /plugins HTTP/1.1\r\nHost: localhost\r\n\r\n";
    wait::until_true("an answer to another client", || {
        let answers = client.ask(&client.fleet.host("a"), request, &["a"]);
        answers.is_some_and(|answers| answers["a"].starts_with("HTTP/1.1 200 "))
    });
    expect_all(&daemon, &client, "a");
}

/// A bridge that is stopped is the slowest reader of events that a daemon can have.
#[test]
fn a_bridge_that_stands_still_slows_no_daemon_and_publishes_all_later() {
    let Some(server) = NatsServer::start() else { return };
    server.make_streams("test");
    let config = Config::new().top("socket: '{{DIR}}/socket'").top("state_dir: '{{DIR}}/state'");
    // More in a second than the buffers of a socket hold.
    let long = "Command: head -c 60000 /dev/zero | tr '\\0' x\nInterval: 1s";
    let plugins = ["a", "b", "c", "d", "e", "f"];
    let daemon = Daemon::start(plugins.iter().fold(config, |config, name| config.plugin(name, long)));
    let bridge = Bridge::start(&server, &daemon, "a");
    let client = NatsClient::of(&server);
    wait::until_true("results in the stream", || stream(&client, "a").len() >= 6);
    bridge.signal(Signal::SIGSTOP);
    let before = journal(&daemon).len();
    wait::until_true("runs meanwhile", || journal(&daemon).len() >= before + 30);
    bridge.signal(Signal::SIGCONT);
    expect_all(&daemon, &client, "a");
}
