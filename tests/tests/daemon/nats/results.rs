//! What the stream has is what the journal has: nothing lost, nothing twice.

use std::fs;

use nix::sys::signal::Signal;
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::nats::{Bridge, NatsServer};
use smoker_tests::wait;

use crate::nats::client::NatsClient;
use crate::nats::compared::{busy, expect_all, journal, stream};

#[test]
fn a_server_that_is_killed_loses_and_doubles_nothing() {
    let Some(mut server) = NatsServer::start() else { return };
    server.make_streams("test");
    let daemon = busy();
    let _bridge = Bridge::start(&server, &daemon, "a");
    let client = NatsClient::of(&server);
    for _ in 0..3 {
        let before = stream(&client, "a").len();
        wait::until_true("results in the stream", || stream(&client, "a").len() >= before + 3);
        server.kill();
        let kept = journal(&daemon).len();
        wait::until_true("results in the meantime", || journal(&daemon).len() >= kept + 3);
        server.restart();
        let client = NatsClient::of(&server);
        wait::until_true("results again", || stream(&client, "a").len() >= kept + 3);
    }
    expect_all(&daemon, &NatsClient::of(&server), "a");
}

#[test]
fn bridges_and_daemons_that_are_killed_lose_and_double_nothing() {
    let Some(server) = NatsServer::start() else { return };
    server.make_streams("test");
    let mut daemon = busy();
    let mut bridge = Bridge::start(&server, &daemon, "a");
    let client = NatsClient::of(&server);
    let more = |count: usize| {
        let before = stream(&client, "a").len();
        wait::until_true("results in the stream", || stream(&client, "a").len() >= before + count);
    };
    more(3);
    let _ = bridge.end(Signal::SIGKILL);
    let kept = journal(&daemon).len();
    wait::until_true("results in the meantime", || journal(&daemon).len() >= kept + 3);
    bridge.restart();
    more(3);
    daemon.signal(Signal::SIGKILL);
    let _ = daemon.wait_for_exit();
    daemon.try_start().expect("it starts again");
    more(3);
    assert_eq!(bridge.end(Signal::SIGTERM), 0, "{}", bridge.log());
    bridge.restart();
    more(3);
    expect_all(&daemon, &client, "a");
}

/// Its numbers begin again, so results with the numbers of before are others.
#[test]
fn a_journal_that_is_lost_begins_again() {
    let Some(server) = NatsServer::start() else { return };
    server.make_streams("test");
    let mut daemon = Daemon::start(Config::new().top("socket: '{{DIR}}/socket'").plugin("a", "Command: echo hello"));
    let bridge = Bridge::start(&server, &daemon, "a.b");
    let client = NatsClient::of(&server);
    for _ in 0..5 {
        let _ = daemon.run("a");
    }
    wait::until_true("its results", || client.stored().len() == 5);
    // Without state_dir it remembers nothing.
    daemon.signal(Signal::SIGKILL);
    let _ = daemon.wait_for_exit();
    daemon.try_start().expect("it starts again");
    wait::until_true("a line about it", || bridge.log().contains("the daemon has lost its journal"));
    let _ = daemon.run("a");
    let stored = wait::until("its next result", || Some(client.stored()).filter(|stored| stored.len() == 6));
    assert_eq!(stored[5].subject, "smoker.v1.test.result.a%2Eb.a");
    assert_eq!(stored[0].json["result"]["messages"]["info"][0], "hello");
}

/// A server of 2.9 that loses its leadership may keep the id of a message that it has lost, and calls its repetition a duplicate without a number.
#[test]
fn a_result_is_published_until_the_stream_has_given_it_a_number() {
    let Some(server) = NatsServer::start() else { return };
    let client = NatsClient::of(&server);
    let ids = client.acknowledge(&[0, 0, 7]);
    let daemon = Daemon::start(
        Config::new().top("socket: '{{DIR}}/socket'").top("state_dir: '{{DIR}}/state'").plugin("a", "Command: echo a"),
    );
    let _bridge = Bridge::start(&server, &daemon, "a");
    let _ = daemon.run("a");
    let next = || ids.recv_timeout(wait::DEADLINE).expect("a result that is published");
    let tries = [next(), next(), next()];
    assert!(tries[1].starts_with(&tries[0]) && tries[2].starts_with(&tries[1]), "{tries:?}");
    assert!(tries[0] != tries[1] && tries[1] != tries[2], "the server passes over an id that it knows: {tries:?}");
    let _ = daemon.run("a");
    assert!(!next().starts_with(&tries[0]), "the first result has a number, so the second one follows");
}

/// A stream that has lost results which it had acknowledged gets them again, with the next one and in their order: one of the
/// first plugin, and two of the second.
#[test]
fn what_a_stream_has_acknowledged_and_lost_is_published_again() {
    let Some(mut server) = NatsServer::start() else { return };
    server.make_streams("test");
    let daemon = on_demand();
    let bridge = Bridge::start(&server, &daemon, "a");
    let run = |names: &[&str]| names.iter().for_each(|name| drop(daemon.run(name)));
    run(&["a", "b", "a", "b", "b"]);
    let client = NatsClient::of(&server);
    wait::until_true("all results", || stream(&client, "a").len() == 5);
    client.lose(3);
    // A server that starts knows the ids of what it has.
    server.kill();
    server.restart();
    let client = NatsClient::of(&server);
    wait::until_true("the bridge", || client.reaches("a"));
    assert_eq!(stream(&client, "a").len(), 2);
    run(&["a", "b"]);
    expect_all(&daemon, &client, "a");
    assert!(bridge.log().contains("the stream has lost result"), "{}", bridge.log());
}

/// The bridge has had a failure in the meantime, as it has when a leader changes.
#[test]
fn what_was_lost_before_a_failure_is_published_again() {
    let Some(mut server) = NatsServer::start() else { return };
    server.make_streams("test");
    let daemon = on_demand();
    let mut bridge = Bridge::start(&server, &daemon, "a");
    let run = |names: &[&str]| names.iter().for_each(|name| drop(daemon.run(name)));
    run(&["a", "b", "a", "b"]);
    let client = NatsClient::of(&server);
    wait::until_true("all results", || stream(&client, "a").len() == 4);
    client.lose(1);
    server.kill();
    run(&["a", "b"]);
    wait::until_true("the failure", || bridge.log().contains("results wait in the journal"));
    server.restart();
    let client = NatsClient::of(&server);
    expect_all(&daemon, &client, "a");
    // The same when the bridge was ended.
    client.lose(2);
    assert_eq!(bridge.end(Signal::SIGTERM), 0, "{}", bridge.log());
    server.kill();
    server.restart();
    bridge.restart();
    expect_all(&daemon, &NatsClient::of(&server), "a");
}

/// A stream keeps no result for ever, and what it has dropped is not published again.
#[test]
fn what_a_stream_has_dropped_stays_so() {
    let Some(mut server) = NatsServer::start() else { return };
    server.make_streams("test");
    let daemon = on_demand();
    let mut bridge = Bridge::start(&server, &daemon, "a");
    for name in ["a", "b", "b"] {
        let _ = daemon.run(name);
    }
    let client = NatsClient::of(&server);
    wait::until_true("all results", || stream(&client, "a").len() == 3);
    client.drop_oldest();
    assert_eq!(bridge.end(Signal::SIGTERM), 0, "{}", bridge.log());
    server.kill();
    server.restart();
    bridge.restart();
    let _ = daemon.run("b");
    let client = NatsClient::of(&server);
    wait::until_true("the next result", || stream(&client, "a").len() == 3);
    assert_eq!(stream(&client, "a"), journal(&daemon)[1..]);
}

/// Two plugins that run when they are asked to.
fn on_demand() -> Daemon {
    let config = Config::new().top("socket: '{{DIR}}/socket'").top("state_dir: '{{DIR}}/state'");
    Daemon::start(config.plugin("a", "Command: echo a").plugin("b", "Command: echo b"))
}

/// The numbers that the bridge has published are there again, and those above them, too.
#[test]
fn a_journal_in_the_place_of_another_one_is_published_whole() {
    let Some(server) = NatsServer::start() else { return };
    server.make_streams("test");
    let config = Config::new().top("socket: '{{DIR}}/socket'").top("state_dir: '{{DIR}}/state'");
    let mut daemon = Daemon::start(config.plugin("a", "Command: echo hello"));
    let mut bridge = Bridge::start(&server, &daemon, "a");
    let client = NatsClient::of(&server);
    for _ in 0..3 {
        let _ = daemon.run("a");
    }
    wait::until_true("its results", || client.stored().len() == 3);
    assert_eq!(bridge.end(Signal::SIGTERM), 0, "{}", bridge.log());
    daemon.signal(Signal::SIGKILL);
    let _ = daemon.wait_for_exit();
    fs::remove_dir_all(daemon.path("state")).expect("it is there");
    daemon.try_start().expect("it starts again");
    for _ in 0..5 {
        let _ = daemon.run("a");
    }
    bridge.restart();
    wait::until_true("all results of the new journal", || client.stored().len() == 8);
    assert!(bridge.log().contains("the daemon has lost its journal"), "{}", bridge.log());
    expect_all_of_newest(&daemon, &client, 5);
    // From now on it goes on where it was, with neither a new beginning nor a result twice.
    assert_eq!(bridge.end(Signal::SIGTERM), 0, "{}", bridge.log());
    let _ = daemon.run("a");
    bridge.restart();
    wait::until_true("the next one", || client.stored().len() == 9);
    expect_all_of_newest(&daemon, &client, 6);
}

/// The newest results of the stream are all that the journal has.
fn expect_all_of_newest(daemon: &Daemon, client: &NatsClient, count: usize) {
    let stored = client.stored();
    let numbers = stored[stored.len() - count..].iter().map(|stored| stored.json["sequence"].as_u64());
    assert_eq!(numbers.collect::<Option<Vec<_>>>(), Some(journal(daemon)));
}
