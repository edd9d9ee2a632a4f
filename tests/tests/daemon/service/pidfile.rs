//! Who holds a pidfile, who takes it over, who removes it.

use std::fs;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use smoker_tests::boot::Boot;
use smoker_tests::config::hello;
use smoker_tests::daemon::Daemon;
use smoker_tests::lines::expect_line;
use smoker_tests::machine::processes;
use smoker_tests::machine::processes::unused_pid;
use smoker_tests::wait;

#[test]
fn a_second_daemon_is_refused() {
    let daemon = Boot::in_background(hello()).start();
    let pid = daemon.pid();
    let output = daemon.launch();
    output.expect_code(1);
    // It has the same port, too; which of the two is told first is free.
    let reasons = [pid.to_string(), daemon.address().to_string()];
    assert!(reasons.iter().any(|reason| output.stderr.contains(reason)), "{}", output.stderr);
    assert_eq!(daemon.pid(), pid, "the pidfile is as it was");
    assert!(daemon.serves());
}

#[test]
fn a_second_daemon_on_another_port_is_refused_with_the_pid_of_the_first() {
    let daemon = Boot::in_background(hello()).start();
    let pidfile = daemon.pidfile().display().to_string();
    let other = Boot::in_background(hello()).without_pidfile().argument("-p").argument(&pidfile).prepare();
    let output = other.launch();
    output.expect_code(1);
    assert!(output.stderr.contains(&daemon.pid().to_string()), "{}", output.stderr);
    assert!(daemon.serves());
}

#[test]
fn a_stale_pidfile_is_taken_over() {
    for stale in [unused_pid().to_string(), String::new(), "nonsense\n".to_owned()] {
        let daemon = Boot::in_background(hello()).prepare();
        daemon.write_pidfile(&stale);
        daemon.launch().expect_code(0);
        assert!(daemon.serves(), "{stale:?}");
        assert!(processes::is_running(daemon.pid()));
    }
}

#[test]
fn a_pidfile_left_by_a_killed_daemon_is_taken_over() {
    let daemon = Boot::in_background(hello()).start();
    let killed = daemon.pid();
    daemon.signal(Signal::SIGKILL);
    wait::until_true("the daemon to be gone", || !processes::is_running(killed));
    wait::until_true("its port to be free", || daemon.is_closed());
    daemon.launch().expect_code(0);
    assert!(daemon.serves());
    assert_ne!(daemon.pid(), killed);
}

#[test]
fn a_pidfile_that_cannot_be_written_fails_the_start_with_the_next_step() {
    let start = |pidfile: &str, reason: &str, step: &str| {
        let boot = Boot::in_background(hello()).without_pidfile().argument("-p").argument(pidfile);
        let output = boot.prepare().launch();
        output.expect_code(1);
        expect_line(&output.stderr, &["ERROR: cannot write pidfile", pidfile, reason, step]);
    };
    start("/nowhere/smokerd.pid", "No such file", "create its folder");
    // A folder in which no file can be made.
    if cfg!(target_os = "linux") {
        start("/proc/smokerd.pid", "", "choose another with -p");
    }
}

#[test]
fn the_option_wins_over_the_key_and_the_key_over_the_default() {
    let boot = Boot::in_background(hello().top("pidfile: {{DIR}}/key.pid"));
    let daemon = boot.clone().prepare();
    let (key, option) = (daemon.path("key.pid"), daemon.pidfile());

    daemon.launch().expect_code(0);
    assert!(option.exists() && !key.exists());
    daemon.stop().expect_code(0);

    let daemon = boot.without_pidfile().start();
    let (key, option) = (daemon.path("key.pid"), daemon.pidfile());
    assert!(key.exists() && !option.exists());
    daemon.stop().expect_code(0);
    assert!(!key.exists());
}

#[test]
fn the_pidfile_of_another_is_not_removed() {
    let daemon = Boot::in_background(hello()).start();
    let pid = daemon.pid();
    daemon.write_pidfile("1");
    kill(Pid::from_raw(pid), Signal::SIGTERM).expect("the daemon runs");
    wait::until_true("the daemon to be gone", || !processes::is_running(pid));
    assert_eq!(fs::read_to_string(daemon.pidfile()).expect("it is still there"), "1");
}

#[test]
fn the_foreground_writes_no_pidfile() {
    let daemon = Daemon::start(hello());
    assert!(!daemon.pidfile().exists());
}
