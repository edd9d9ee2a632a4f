//! More hosts than requests under way: simulated bridges, some of which die while they are asked.

use std::collections::BTreeSet;

use smoker_tests::nats::NatsServer;
use smoker_tests::nats::simulated::{SimulatedBridges, dies, name};
use smoker_tests::wait;

use crate::nats::operator::{Operator, objects};

/// How many hosts, and one in how many dies: two in each way in which one can.
const HOSTS: u32 = 140;
const ONE_IN: u32 = 10;

#[test]
fn hosts_that_die_while_they_are_asked_are_unreachable_and_no_other_is() {
    let Some(server) = NatsServer::start() else { return };
    server.make_streams("test");
    let operator = Operator::of(server.url());
    let _bridges = SimulatedBridges::start(server.address(), HOSTS, Some(ONE_IN)).expect("the bridges connect");
    wait::until_true("all hosts in the inventory", || {
        operator.smokercli("--list-hosts").stdout.lines().count() == HOSTS as usize
    });
    // Who is alive has the time that a busy machine needs.
    let output = operator.smokercli("-g all -f -p true -o ndjson -e --timeout 8s");
    let lines = objects(&output.stdout);
    let of = |status: &str| -> BTreeSet<String> {
        let lines = lines.iter().filter(|line| line["status"] == status);
        lines.map(|line| line["host"].as_str().expect("a host").to_owned()).collect()
    };
    let (lost, alive): (BTreeSet<u32>, BTreeSet<u32>) = (0..HOSTS).partition(|&number| dies(number, ONE_IN));
    let names = |numbers: &BTreeSet<u32>| -> BTreeSet<String> { numbers.iter().map(|&number| name(number)).collect() };
    assert_eq!(of("UNREACHABLE"), names(&lost), "{}", output.stderr);
    assert_eq!(of("OK"), names(&alive), "{}", output.stderr);
    assert_eq!(lines.len(), HOSTS as usize, "{}", output.stdout);
    assert!(output.stderr.contains("140 hosts: 14 UNREACHABLE"), "{}", output.stderr);
}
