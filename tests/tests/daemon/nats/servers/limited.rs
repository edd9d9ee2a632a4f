//! Streams that take nothing for a while, or not everything, and servers without any: results wait, and all else goes on.

use async_nats::jetstream::stream::{Config, DiscardPolicy};
use smoker_nats::streams;
use smoker_tests::config;
use smoker_tests::daemon::Daemon;
use smoker_tests::nats::{Bridge, NatsServer, bridge_command};
use smoker_tests::sandbox::Sandbox;
use smoker_tests::wait;

use crate::nats::client::NatsClient;
use crate::nats::compared::{busy, expect_all, journal, stop, stream};

/// How often a line of the log has a text.
fn said(bridge: &Bridge, text: &str) -> usize {
    bridge.log().lines().filter(|line| line.contains(text)).count()
}

/// Runs go on and requests are answered while results wait.
fn expect_daemon_goes_on(daemon: &Daemon, bridge: &Bridge, client: &NatsClient) {
    wait::until_true("why results wait", || said(bridge, "results wait in the journal: ") > 0);
    let kept = journal(daemon).len();
    wait::until_true("runs meanwhile", || journal(daemon).len() >= kept + 9);
    wait::until_true("an answer", || client.reaches("a"));
}

/// The bytes that a stream has room for: some ten results.
const ROOM: i64 = 5000;

#[test]
fn a_stream_that_is_full_has_results_wait() {
    let Some(server) = NatsServer::start() else { return };
    let client = NatsClient::of(&server);
    let discard = DiscardPolicy::New;
    client.make_stream(Config { max_bytes: ROOM, discard, ..streams::results(&client.fleet, 1000, 1) });
    server.make_streams("test");
    let daemon = busy();
    let bridge = Bridge::start(&server, &daemon, "a");
    expect_daemon_goes_on(&daemon, &bridge, &client);
    assert!(!stream(&client, "a").is_empty());
    client.change_results(|config| config.max_bytes = -1);
    wait::until_true("a line about it", || said(&bridge, "results are published again") > 0);
    expect_all(&daemon, &client, "a");
}

#[test]
fn a_server_without_jetstream_has_results_wait() {
    let Some(mut server) = NatsServer::with("jetstream: false") else { return };
    let daemon = busy();
    let bridge = Bridge::start(&server, &daemon, "a");
    expect_daemon_goes_on(&daemon, &bridge, &NatsClient::of(&server));
    server.kill();
    server.restart_with("");
    server.make_streams("test");
    expect_all(&daemon, &NatsClient::of(&server), "a");
}

/// All results behind it would wait for it otherwise.
#[test]
fn a_result_that_is_too_large_for_the_stream_is_left_out() {
    let Some(server) = NatsServer::start() else { return };
    server.make_streams("test");
    let client = NatsClient::of(&server);
    client.change_results(|config| config.max_message_size = 4096);
    let config = config::Config::new().top("socket: '{{DIR}}/socket'").plugin("small", "Command: echo hello");
    let daemon = Daemon::start(config.plugin("large", "Command: head -c 5000 /dev/zero | tr '\\0' x"));
    let bridge = Bridge::start(&server, &daemon, "a");
    for plugin in ["small", "large", "small"] {
        let _ = daemon.run(plugin);
    }
    wait::until_true("both small ones", || client.stored().len() == 2);
    wait::until_true("a line about the large one", || said(&bridge, "of large is left out") == 1);
}

#[test]
fn a_stream_that_somebody_else_has_made_is_looked_at() {
    let Some(server) = NatsServer::start() else { return };
    let (sandbox, client) = (Sandbox::new(), NatsClient::of(&server));
    let url = server.url();
    let made = || bridge_command(&sandbox, &["streams", "--servers", &url, "--fleet", "test"]);
    client.make_stream(streams::results(&client.fleet, 5, 1));
    made().expect_code(0);
    client.change_results(|config| config.allow_direct = false);
    let output = made();
    output.expect_code(1);
    assert!(output.stderr.contains("SMOKER_test is there, and allow_direct is off"), "{}", output.stderr);
}

/// Each has its own numbers, so the stream has the results of both.
#[test]
fn two_bridges_with_one_name_lose_nothing() {
    let Some(server) = NatsServer::start() else { return };
    server.make_streams("test");
    let daemons = [busy(), busy()];
    let _bridges = daemons.each_ref().map(|daemon| Bridge::start(&server, daemon, "a"));
    let client = NatsClient::of(&server);
    wait::until_true("results of both", || stream(&client, "a").len() >= 12);
    daemons.iter().for_each(stop);
    wait::until_true("all results of both", || {
        let mut both = daemons.each_ref().map(journal).concat();
        both.sort_unstable();
        stream(&client, "a") == both
    });
}
