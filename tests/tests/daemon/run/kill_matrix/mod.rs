//! Whatever the processes of a run do, none outlives it: each row (`smoker_tests::escapes`)
//! under each way in which a run can be ended. Looked for is a word in their
//! arguments, which nothing that the daemon goes by has to do with.

mod fixture;

use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use smoker_tests::escapes::Parent;
use smoker_tests::machine::containment::Level;

use crate::run::kill_matrix::fixture::{EscapeFixture, GRACE};

/// What a loaded machine may add.
const SLACK: Duration = Duration::from_secs(30);

/// Fails unless forced runs with a `Timeout` of this number of seconds end in time, as timeouts.
fn expect_timeouts(fixture: &EscapeFixture, timeout: u64, begun: Instant, process: &str) {
    let outcomes = fixture.daemon.finish(process);
    let took = begun.elapsed();
    fixture.expect_no_survivors();
    for (cell, (_, outcome)) in fixture.cells.iter().zip(&outcomes) {
        assert_eq!(outcome.status(), "ERROR", "{}: {}", cell.name(), outcome.0);
        assert!(outcome.expect_error().contains("timeout"), "{}: {}", cell.name(), outcome.0);
    }
    assert!(took < Duration::from_secs(timeout) + GRACE + SLACK, "{took:?}");
    fixture.expect_all_slots_free();
}

#[test]
fn forced_runs_over_their_time() {
    let fixture = EscapeFixture::build(Parent::Waits, "Timeout: 3");
    let (begun, process) = (Instant::now(), fixture.daemon.force(&fixture.plugins()));
    expect_timeouts(&fixture, 3, begun, &process);
}

#[test]
fn timed_runs_over_their_time() {
    let fixture = EscapeFixture::build(Parent::Waits, "Timeout: 3\nInterval: 2\nHistory: 1000");
    for cell in &fixture.cells {
        let first = &fixture.daemon.wait_for_results(&cell.plugin, 1)[0];
        assert!(first.expect_error().contains("timeout"), "{}: {}", cell.name(), first.0);
    }
    // The next run's shell has the word among its arguments, too, until it sees that only the first run counts.
    fixture.wait_for_no_survivors(Duration::from_secs(20));
    fixture.expect_all_slots_free();
}

#[test]
fn runs_over_their_time_whose_plugins_a_reload_changed_or_removed() {
    let fixture = EscapeFixture::build(Parent::Waits, "Timeout: 8");
    let (begun, process) = (Instant::now(), fixture.daemon.force(&fixture.plugins()));
    fixture.wait_until_begun();
    fixture.change_and_remove("Timeout: 600");
    expect_timeouts(&fixture, 8, begun, &process);
}

#[test]
fn daemon_stop_also_after_a_reload() {
    let mut fixture = EscapeFixture::build(Parent::Waits, "Timeout: 600");
    let _ = fixture.daemon.force(&fixture.plugins());
    fixture.wait_until_in_place();
    fixture.change_and_remove("Timeout: 500");
    let (code, took) = fixture.end(Signal::SIGTERM);
    fixture.expect_no_survivors();
    assert_eq!(code, 0);
    assert!(took < GRACE + SLACK, "{took:?}");
}

#[test]
fn daemon_killed() {
    let mut fixture = EscapeFixture::build(Parent::Waits, "Timeout: 600");
    let _ = fixture.daemon.force(&fixture.plugins());
    fixture.wait_until_in_place();
    assert_eq!(fixture.end(Signal::SIGKILL).0, -9);
    fixture.wait_for_no_survivors(GRACE + SLACK);
}

#[test]
fn what_a_run_leaves_behind_when_it_ends_by_itself() {
    let fixture = EscapeFixture::build(Parent::Leaves, "Timeout: 60");
    for (cell, (_, outcome)) in
        fixture.cells.iter().zip(fixture.daemon.finish(&fixture.daemon.force(&fixture.plugins())))
    {
        assert_eq!(outcome.status(), "OK", "{}: {}", cell.name(), outcome.0);
    }
    fixture.wait_for_no_survivors(GRACE + SLACK);
    fixture.expect_all_slots_free();
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn forced_runs_over_their_time_without_cgroups() {
    let Some(fixture) = EscapeFixture::build_at(Level::Marks, Parent::Waits, "Timeout: 3") else { return };
    let outcomes = fixture.daemon.finish(&fixture.daemon.force(&fixture.plugins()));
    for (cell, (_, outcome)) in fixture.cells.iter().zip(&outcomes) {
        assert!(outcome.expect_error().contains("timeout"), "{}: {}", cell.name(), outcome.0);
    }
    // What has given up each mark is found as an orphan, which may be after the result.
    fixture.wait_for_no_survivors(GRACE + SLACK);
    fixture.expect_all_slots_free();
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn what_a_run_leaves_behind_without_cgroups() {
    let Some(fixture) = EscapeFixture::build_at(Level::Marks, Parent::Leaves, "Timeout: 60") else { return };
    let _ = fixture.daemon.finish(&fixture.daemon.force(&fixture.plugins()));
    fixture.wait_for_no_survivors(GRACE + SLACK);
    fixture.expect_all_slots_free();
}

/// Within this time the guardian knows each process that has given up all marks: docs/reliability.md.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn daemon_killed_without_cgroups() {
    let Some(mut fixture) = EscapeFixture::build_at(Level::Marks, Parent::Waits, "Timeout: 600") else { return };
    let _ = fixture.daemon.force(&fixture.plugins());
    fixture.wait_until_in_place();
    // Nothing tells when the daemon has looked; what is promised is the time.
    thread::sleep(2 * LOOK_INTERVAL);
    assert_eq!(fixture.end(Signal::SIGKILL).0, -9);
    fixture.wait_for_no_survivors(GRACE + SLACK);
}
