//! Who holds a pidfile, who takes it over, who removes it.

use std::fs;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use smoker_tests::background::{Background, START, hello, unused_pid};
use smoker_tests::cli;
use smoker_tests::daemon::Daemon;
use smoker_tests::processes;
use smoker_tests::sandbox::Sandbox;
use smoker_tests::wait;

#[test]
fn a_second_daemon_is_refused() {
    let place = Background::running(&hello());
    let pid = place.pid();
    let output = place.start();
    output.expect_code(1);
    // It has the same port, too; which of the two is told first is free.
    let reasons = [pid.to_string(), place.address().to_string()];
    assert!(reasons.iter().any(|reason| output.stderr.contains(reason)), "{}", output.stderr);
    assert_eq!(place.pid(), pid, "the pidfile is as it was");
    assert!(place.serves());
}

#[test]
fn a_second_daemon_on_another_port_is_refused_with_the_pid_of_the_first() {
    let place = Background::running(&hello());
    let other = Sandbox::new();
    hello().write(&other).expect("writable");
    let pidfile = place.sandbox.pidfile();
    let pidfile = pidfile.to_str().expect("a plain path");
    let output = cli::smokerd(&other, &["--no-syslog", "-c", "{{DIR}}/smokerd.yaml", "-p", pidfile]);
    output.expect_code(1);
    assert!(output.stderr.contains(&place.pid().to_string()), "{}", output.stderr);
    assert!(place.serves());
}

#[test]
fn a_stale_pidfile_is_taken_over() {
    for stale in [unused_pid().to_string(), String::new(), "nonsense\n".to_owned()] {
        let place = Background::prepare(&hello());
        place.write_pidfile(&stale);
        place.start().expect_code(0);
        assert!(place.serves(), "{stale:?}");
        assert!(processes::is_running(place.pid()));
    }
}

#[test]
fn a_pidfile_left_by_a_killed_daemon_is_taken_over() {
    let place = Background::running(&hello());
    let killed = place.pid();
    place.signal(Signal::SIGKILL);
    wait::until_true("the daemon to be gone", || !processes::is_running(killed));
    wait::until_true("its port to be free", || place.is_closed());
    place.start().expect_code(0);
    assert!(place.serves());
    assert_ne!(place.pid(), killed);
}

#[test]
fn the_option_wins_over_the_key_and_the_key_over_the_default() {
    let place = Background::prepare(&hello().top("pidfile: {{DIR}}/key.pid"));
    let (key, option) = (place.sandbox.path("key.pid"), place.sandbox.pidfile());

    place.start().expect_code(0);
    assert!(option.exists() && !key.exists());
    place.stop().expect_code(0);

    let without = &START[..4];
    cli::smokerd(&place.sandbox, without).expect_code(0);
    assert!(key.exists() && !option.exists());
    cli::smokerd(&place.sandbox, &[without, &["--stop"]].concat()).expect_code(0);
    assert!(!key.exists());
}

#[test]
fn the_pidfile_of_another_is_not_removed() {
    let place = Background::running(&hello());
    let pid = place.pid();
    place.write_pidfile("1");
    kill(Pid::from_raw(pid), Signal::SIGTERM).expect("the daemon runs");
    wait::until_true("the daemon to be gone", || !processes::is_running(pid));
    assert_eq!(fs::read_to_string(place.sandbox.pidfile()).expect("it is still there"), "1");
}

#[test]
fn the_foreground_writes_no_pidfile() {
    let daemon = Daemon::start(hello());
    assert!(!daemon.pidfile().exists());
}
