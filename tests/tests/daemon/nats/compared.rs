//! What the stream has of a host beside what its journal has: nothing may be lost, nothing may be there twice.

use std::collections::BTreeMap;

use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::wait;

use crate::nats::client::NatsClient;

/// The names of the plugins.
const PLUGINS: [&str; 3] = ["a", "b", "c"];

/// Three plugins that run often.
pub(super) fn busy() -> Daemon {
    Daemon::start(config("1s"))
}

fn config(interval: &str) -> Config {
    let config = Config::new().top("socket: '{{DIR}}/socket'").top("state_dir: '{{DIR}}/state'");
    let body = format!("Command: echo hello\nInterval: {interval}");
    PLUGINS.iter().fold(config, |config, name| config.plugin(name, &body))
}

/// The numbers of all results in the journal, sorted.
pub(super) fn journal(daemon: &Daemon) -> Vec<u64> {
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

/// The numbers of all results of a host in the stream, sorted.
pub(super) fn stream(client: &NatsClient, host: &str) -> Vec<u64> {
    streams(client).remove(host).unwrap_or_default()
}

/// The same of each host.
pub(super) fn streams(client: &NatsClient) -> BTreeMap<String, Vec<u64>> {
    let mut streams: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for stored in client.stored() {
        let (host, _) = client.fleet.read_result(&stored.subject).expect("the subject of a result");
        streams.entry(host).or_default().push(stored.json["sequence"].as_u64().expect("a number"));
    }
    for numbers in streams.values_mut() {
        numbers.sort_unstable();
    }
    streams
}

/// Stops the plugins of a host.
pub(super) fn stop(daemon: &Daemon) {
    let _ = daemon.reload(&config("1h"));
}

/// Stops the plugins of a host and compares; its journal does not grow any more.
pub(super) fn expect_all(daemon: &Daemon, client: &NatsClient, host: &str) {
    expect_all_of(&[(daemon, host)], client);
}

/// The same of several hosts.
pub(super) fn expect_all_of(hosts: &[(&Daemon, &str)], client: &NatsClient) {
    for (daemon, _) in hosts {
        stop(daemon);
    }
    let mut different = BTreeMap::new();
    let same = wait::within(wait::DEADLINE, || {
        let mut streams = streams(client);
        let both =
            hosts.iter().map(|(daemon, host)| (*host, (journal(daemon), streams.remove(*host).unwrap_or_default())));
        different = both.filter(|(_, (journal, stream))| journal != stream).collect();
        different.is_empty().then_some(())
    });
    assert!(same.is_some(), "journals and streams differ: {different:?}");
}
