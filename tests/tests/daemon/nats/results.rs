//! What the stream has is what the journal has: nothing lost, nothing twice.

use nix::sys::signal::Signal;
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::nats::{Bridge, NatsServer};
use smoker_tests::wait;

use crate::nats::client::NatsClient;

/// Three plugins that run often.
fn busy() -> Daemon {
    let config = Config::new().top("socket: '{{DIR}}/socket'").top("state_dir: '{{DIR}}/state'");
    let plugins = ["a", "b", "c"];
    Daemon::start(plugins.iter().fold(config, |config, name| config.plugin(name, "Command: echo hello\nInterval: 1s")))
}

/// The numbers of all results in the journal, oldest first.
fn journal(daemon: &Daemon) -> Vec<u64> {
    let mut numbers = Vec::new();
    let mut path = "/results?limit=1000".to_owned();
    loop {
        let page = daemon.get(&path).json();
        let results = page["results"].as_array().expect("a list");
        numbers.extend(results.iter().map(|result| result["sequence"].as_u64().expect("a number")));
        match page["nextCursor"].as_str() {
            Some(cursor) => path = format!("/results?limit=1000&cursor={cursor}"),
            None => break,
        }
    }
    numbers.sort_unstable();
    numbers
}

/// The numbers of all results in the stream, sorted.
fn stream(client: &NatsClient) -> Vec<u64> {
    let numbers = client.stored().into_iter().map(|stored| stored.json["sequence"].as_u64().expect("a number"));
    let mut numbers: Vec<_> = numbers.collect();
    numbers.sort_unstable();
    numbers
}

/// Stops the plugins and compares; the journal does not grow any more.
fn expect_all(daemon: &Daemon, client: &NatsClient) {
    let config = Config::new().top("socket: '{{DIR}}/socket'").top("state_dir: '{{DIR}}/state'");
    let still =
        ["a", "b", "c"].iter().fold(config, |config, name| config.plugin(name, "Command: echo hello\nInterval: 1h"));
    let _ = daemon.reload(&still);
    let mut seen = (Vec::new(), Vec::new());
    let same = wait::within(wait::DEADLINE, || {
        seen = (journal(daemon), stream(client));
        (seen.0 == seen.1).then_some(())
    });
    assert!(same.is_some(), "the journal has {:?}, the stream {:?}", seen.0, seen.1);
}

#[test]
fn a_server_that_is_killed_loses_and_doubles_nothing() {
    let Some(mut server) = NatsServer::start() else { return };
    server.make_streams("test");
    let daemon = busy();
    let _bridge = Bridge::start(&server, &daemon, "a");
    let client = NatsClient::of(&server);
    for _ in 0..3 {
        let before = stream(&client).len();
        wait::until_true("results in the stream", || stream(&client).len() >= before + 3);
        server.kill();
        let kept = journal(&daemon).len();
        wait::until_true("results in the meantime", || journal(&daemon).len() >= kept + 3);
        server.restart();
        let client = NatsClient::of(&server);
        wait::until_true("results again", || stream(&client).len() >= kept + 3);
    }
    expect_all(&daemon, &NatsClient::of(&server));
}

#[test]
fn bridges_and_daemons_that_are_killed_lose_and_double_nothing() {
    let Some(server) = NatsServer::start() else { return };
    server.make_streams("test");
    let mut daemon = busy();
    let mut bridge = Bridge::start(&server, &daemon, "a");
    let client = NatsClient::of(&server);
    let more = |count: usize| {
        let before = stream(&client).len();
        wait::until_true("results in the stream", || stream(&client).len() >= before + count);
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
    expect_all(&daemon, &client);
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
