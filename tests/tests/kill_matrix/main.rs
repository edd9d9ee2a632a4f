//! Whatever the processes of a run do, none outlives it: each row (`smoker_tests::escapes`)
//! under each way in which a run can be ended. Looked for is a word in their
//! arguments, which nothing that the daemon goes by has to do with.

mod house;

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use smoker_tests::escapes::Way;

use crate::house::House;

/// Between TERM and KILL.
const GRACE: Duration = Duration::from_secs(3);

/// What a loaded machine may add.
const SLACK: Duration = Duration::from_secs(30);

/// Fails unless forced runs with a `Timeout` of so many seconds end in time, as timeouts.
fn expect_timeouts(house: &House, timeout: u64, begun: Instant, process: &str) {
    let outcomes = house.daemon.finish(process);
    let took = begun.elapsed();
    house.expect_no_survivors();
    for (cell, (_, outcome)) in house.cells.iter().zip(&outcomes) {
        assert!(outcome.expect_error().contains("timeout"), "{}: {}", cell.name(), outcome.0);
    }
    assert!(took < Duration::from_secs(timeout) + GRACE + SLACK, "{took:?}");
    house.expect_all_slots_free();
}

#[test]
fn forced_runs_over_their_time() {
    let house = House::build(Way::Waits, "Timeout: 3");
    let (begun, process) = (Instant::now(), house.daemon.force(&house.plugins()));
    expect_timeouts(&house, 3, begun, &process);
}

#[test]
fn timed_runs_over_their_time() {
    let house = House::build(Way::Waits, "Timeout: 3\nInterval: 2\nHistory: 1000");
    for cell in &house.cells {
        let first = &house.daemon.wait_for_results(&cell.plugin, 1)[0];
        assert!(first.expect_error().contains("timeout"), "{}: {}", cell.name(), first.0);
        assert_eq!(cell.token.holders(), [0; 0], "{}", cell.name());
    }
    house.expect_no_survivors();
    house.expect_all_slots_free();
}

#[test]
fn runs_over_their_time_whose_plugins_a_reload_changed_or_removed() {
    let house = House::build(Way::Waits, "Timeout: 8");
    let (begun, process) = (Instant::now(), house.daemon.force(&house.plugins()));
    let _ = house.cells[0].token.wait_for_holders();
    house.change_and_remove("Timeout: 600");
    expect_timeouts(&house, 8, begun, &process);
}

#[test]
fn daemon_stop_also_after_a_reload() {
    let mut house = House::build(Way::Waits, "Timeout: 600");
    let _ = house.daemon.force(&house.plugins());
    house.wait_until_in_place();
    house.change_and_remove("Timeout: 500");
    let (code, took) = house.end(Signal::SIGTERM);
    house.expect_no_survivors();
    assert_eq!(code, 0);
    assert!(took < GRACE + SLACK, "{took:?}");
}

#[test]
fn daemon_killed() {
    let mut house = House::build(Way::Waits, "Timeout: 600");
    let _ = house.daemon.force(&house.plugins());
    house.wait_until_in_place();
    assert_eq!(house.end(Signal::SIGKILL).0, -9);
    house.wait_for_no_survivors(GRACE + SLACK);
}

#[test]
fn what_a_run_leaves_behind_when_it_ends_by_itself() {
    let house = House::build(Way::Leaves, "Timeout: 60");
    for (cell, (_, outcome)) in house.cells.iter().zip(house.daemon.finish(&house.daemon.force(&house.plugins()))) {
        assert_eq!(outcome.status(), "OK", "{}: {}", cell.name(), outcome.0);
    }
    house.wait_for_no_survivors(GRACE + SLACK);
    house.expect_all_slots_free();
}
