//! A run that takes too long is ended with everything that it started, and
//! what it said so far is kept.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use smoker_tests::boot::Boot;
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::machine::containment::Level;
use smoker_tests::outcome::Outcome;

/// Between TERM and KILL.
const GRACE: Duration = Duration::from_secs(3);

/// What a loaded machine may add.
const SLACK: Duration = Duration::from_secs(4);

/// Runs one command with a timeout of a second, and fails unless it is ended
/// in time and nothing of it is left.
fn run_over_time(command: &str) -> Outcome {
    let config = Config::new().file("script", command).plugin("slow", "Command: sh {{DIR}}/script\nTimeout: 1");
    let daemon = Daemon::start(config);
    let before: BTreeSet<_> = daemon.processes().into_iter().collect();
    let begun = Instant::now();
    let outcome = daemon.run("slow");
    let took = begun.elapsed();
    let left: Vec<_> = daemon.processes().into_iter().filter(|pid| !before.contains(pid)).collect();
    assert_eq!(left, [0; 0], "processes are left of: {command}");
    assert!(took >= Duration::from_secs(1), "ended after {took:?}");
    assert!(took < Duration::from_secs(1) + GRACE + SLACK, "ended only after {took:?}");
    assert_eq!(outcome.status(), "ERROR");
    assert_eq!(outcome.error().last(), Some(&"Execution timeout after 1 seconds"), "{}", outcome.0);
    assert!(outcome.forced());
    outcome
}

#[test]
fn the_output_so_far_is_kept() {
    let outcome = run_over_time("echo begun; echo careful >&2; printf unfinished; sleep 60; echo never");
    assert_eq!(outcome.info(), ["begun", "unfinished"]);
    assert_eq!(outcome.error(), ["careful", "Execution timeout after 1 seconds"]);
}

#[test]
fn what_is_printed_between_term_and_kill_is_kept() {
    let outcome = run_over_time("trap 'echo cleaning up; exit 0' TERM; echo begun; while :; do sleep 0.1; done");
    assert_eq!(outcome.info(), ["begun", "cleaning up"]);
    assert_eq!(outcome.warn(), [""; 0], "it had not ended before");
}

/// Programs that a handler of SIGTERM starts are not signalled themselves, nor is its shell a second time.
#[test]
fn a_cleanup_by_programs_is_not_disturbed() {
    let command = "trap 'echo cleaning; sleep 0.4; sh -c \"sleep 0.4; echo up\"; exit' TERM\nsleep 60 & wait";
    for level in [Level::OfHost, Level::Marks] {
        let Some(level) = level.through() else { continue };
        let config = Config::new().file("script", command).plugin("slow", "Command: sh {{DIR}}/script\nTimeout: 1");
        let daemon = Boot::of(config).through(level).start();
        assert_eq!(daemon.run("slow").info(), ["cleaning", "up"], "{level:?}");
    }
}

#[test]
fn a_command_that_obeys_is_not_waited_for() {
    let begun = Instant::now();
    let _ = run_over_time("sleep 60");
    assert!(begun.elapsed() < Duration::from_secs(1) + GRACE, "took {:?}", begun.elapsed());
}

#[test]
fn a_command_that_ignores_term_is_killed() {
    let _ = run_over_time("trap '' TERM; echo begun; while :; do sleep 0.2; done");
}

#[test]
fn nobody_speaks_of_what_was_killed_before_it() {
    let stubborn = "sh -c 'trap \"\" TERM; sleep 60; echo never'";
    let outcome = run_over_time(&format!("setsid {stubborn} & {stubborn}"));
    assert_eq!((outcome.info().as_slice(), outcome.error().len()), (&[""; 0][..], 1), "{}", outcome.0);
}

#[test]
fn a_child_with_a_session_of_its_own_is_ended() {
    let _ = run_over_time("setsid sleep 300 & sleep 300");
}

#[test]
fn a_child_with_a_session_of_its_own_that_ignores_term_is_ended() {
    let _ = run_over_time("setsid sh -c 'trap \"\" TERM; while :; do sleep 0.2; done' & sleep 300");
}

#[test]
fn a_doubly_forked_child_is_ended() {
    let _ = run_over_time("(setsid sh -c 'sleep 300 & sleep 301' </dev/null >/dev/null 2>&1 &) ; sleep 300");
}

#[test]
fn a_child_that_left_everything_and_its_parent_is_ended() {
    // The middle process ends at once, so that the last one is an orphan in a session of its own.
    let _ = run_over_time("(setsid sh -c '(setsid sleep 300 >/dev/null 2>&1 &)' &) ; sleep 300");
}

#[test]
fn an_orphan_that_holds_the_output_is_ended() {
    let outcome = run_over_time("(setsid sleep 300 &) ; echo begun");
    assert_eq!(outcome.info(), ["begun"]);
    // The command did nothing wrong but this.
    assert!(outcome.warn()[0].starts_with("the command itself had ended (exit status 0), but"), "{}", outcome.0);
    assert!(outcome.warn()[0].contains("> /dev/null 2>&1"), "{}", outcome.0);
}

#[test]
fn children_born_while_everything_ends_are_ended() {
    let _ = run_over_time("trap '(setsid sleep 300 >/dev/null 2>&1 &)' TERM; while :; do sleep 0.1; done");
}

#[test]
fn a_stopped_child_is_ended() {
    let _ = run_over_time("sh -c 'kill -STOP $$; sleep 300' & sleep 300");
}

#[test]
fn the_message_has_the_timeout_as_configured() {
    let config = Config::new()
        .plugin("whole", "Command: sleep 60\nTimeout: 1")
        .plugin("half", "Command: sleep 60\nTimeout: 0.5")
        .plugin("float", "Command: sleep 60\nTimeout: 1.0");
    let daemon = Daemon::start(config);
    let process = daemon.force(&["whole", "half", "float"]);
    let errors: Vec<_> = daemon.finish(&process).iter().map(|(_, outcome)| outcome.expect_error()).collect();
    assert_eq!(errors, ["1", "0.5", "1.0"].map(|n| format!("Execution timeout after {n} seconds")));
}

#[test]
fn a_timeout_counts_from_the_start_of_the_run() {
    let config = Config::new()
        .top("nr_concurrent_plugins: 1")
        .plugin("first", "Command: sleep 2; echo first")
        .plugin("second", "Command: echo second\nTimeout: 1");
    let daemon = Daemon::start(config);
    let process = daemon.force(&["first", "second"]);
    let outcomes = daemon.finish(&process);
    outcomes[0].1.expect_ok(&["first"]);
    outcomes[1].1.expect_ok(&["second"]);
}
