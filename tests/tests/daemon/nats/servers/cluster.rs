//! Three NATS servers, one of which is cut off and comes back.

use std::time::{Duration, Instant};

use smoker_tests::daemon::Daemon;
use smoker_tests::machine::network;
use smoker_tests::nats::Bridge;
use smoker_tests::nats::cluster::Cluster;
use smoker_tests::wait;

use crate::nats::client::NatsClient;
use crate::nats::compared::{busy, expect_all_of, journal, streams};
use crate::nats::operator::Operator;

/// The server that is cut off.
const CUT_OFF: usize = 2;

/// How long the stream may take to go on: servers notice a cut network when what they have sent has filled its buffers, or is a minute old.
const STREAM: Duration = Duration::from_secs(180);

#[test]
#[cfg_attr(not(has_networks), ignore = "needs root, iproute2 and network namespaces")]
fn a_server_that_is_cut_off_and_comes_back_loses_and_doubles_nothing() {
    network::with_addresses(&[], || cut_off_and_back(3));
}

#[test]
#[ignore = "50 daemons, some minutes: make cluster"]
fn fifty_hosts_lose_and_double_nothing_when_a_server_is_cut_off_and_comes_back() {
    network::with_addresses(&[], || cut_off_and_back(50));
}

fn cut_off_and_back(hosts: usize) {
    let Some(cluster) = Cluster::start() else { return };
    cluster.make_streams("test");
    let daemons: Vec<Daemon> = (0..hosts).map(|_| busy()).collect();
    let names: Vec<_> = (0..hosts).map(|number| format!("h{number}")).collect();
    // Every third bridge is told of the server alone that is cut off, so some are connected to it; it tells them of the others.
    let servers = |number: usize| if number.is_multiple_of(3) { cluster.url(CUT_OFF) } else { cluster.urls() };
    let bridge = |(number, daemon): (usize, &Daemon)| {
        Bridge::with(&servers(number), &daemon.path("socket"), &names[number], &[])
    };
    let _bridges: Vec<_> = daemons.iter().enumerate().map(bridge).collect();
    let (rest, all) = (format!("{},{}", cluster.url(0), cluster.url(1)), cluster.urls());
    let line = format!("-s {} -f -p a -e -o minimal --timeout 5s", names.join(" "));
    let all_answer = |urls: &str| Operator::of(urls.to_owned()).smokercli(&line).code == 0;
    let publish_more = |urls: &str, kept: &[usize]| {
        let have_all = wait::within(STREAM, || {
            let streams = streams(&NatsClient::of_servers(urls));
            let has = |(name, &kept): (&String, &usize)| streams.get(name).is_some_and(|numbers| numbers.len() > kept);
            names.iter().zip(kept).all(has).then_some(())
        });
        assert!(have_all.is_some(), "no results of all hosts through {urls}");
    };
    let await_all = |urls: &str, what: &str| {
        let begun = Instant::now();
        assert!(wait::within(STREAM, || all_answer(urls).then_some(())).is_some(), "not all hosts answer {what}");
        eprintln!("{hosts} hosts answer {:.1} s {what}", begun.elapsed().as_secs_f64());
    };
    await_all(&all, "after the start");
    publish_more(&all, &vec![1; hosts]);

    cluster.cut_off(CUT_OFF);
    await_all(&rest, "after the cut");
    let kept: Vec<_> = daemons.iter().map(|daemon| journal(daemon).len()).collect();
    publish_more(&rest, &kept);

    cluster.bring_back(CUT_OFF);
    let back = cluster.url(CUT_OFF);
    await_all(&back, "after it is back, through it");
    let kept: Vec<_> = daemons.iter().map(|daemon| journal(daemon).len()).collect();
    publish_more(&back, &kept);
    let all_hosts: Vec<_> = daemons.iter().zip(names.iter().map(String::as_str)).collect();
    expect_all_of(&all_hosts, &NatsClient::of_servers(&all));
}
