//! The end: `--stop`, signals, and what becomes of commands.

use std::fs;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use smoker_tests::boot::Boot;
use smoker_tests::config::Config;
use smoker_tests::config::hello;
use smoker_tests::daemon::Daemon;
use smoker_tests::machine::processes;
use smoker_tests::machine::processes::unused_pid;
use smoker_tests::started::Started;
use smoker_tests::wait;

#[test]
fn stop_waits_until_the_daemon_is_gone() {
    // A command that ignores TERM keeps the daemon busy for its grace.
    let config = Config::new().plugin(
        "stubborn",
        "Command: trap '' TERM; echo $$ > {{DIR}}/pid; while :; do sleep 0.1; done\nTimeout: 60\nInterval: 0.1",
    );
    let daemon = Boot::in_background(config).start();
    let pid = daemon.pid();
    wait::until_true("the command to run", || {
        fs::read_to_string(daemon.path("pid")).is_ok_and(|text| !text.is_empty())
    });
    daemon.stop().expect_code(0);
    assert!(!processes::is_running(pid), "gone when --stop returned");
    assert!(!daemon.pidfile().exists());
    assert!(daemon.is_closed());
    assert_eq!(daemon.processes(), [0; 0], "its command is gone, too");
}

#[test]
fn stop_without_a_pidfile_fails() {
    // One in the foreground writes none, and is named with what stops it.
    let daemon = Boot::of(hello()).start();
    let output = daemon.stop();
    output.expect_code(1);
    for said in ["PID file doesn't exist! Daemon not running?", "in the foreground", "systemctl", "smokerd --reload="] {
        assert!(output.stderr.contains(said), "{said}: {}", output.stderr);
    }
    assert!(!daemon.is_closed(), "nothing was signalled");
}

#[test]
fn stop_with_a_stale_pidfile_fails_and_says_why() {
    let daemon = Boot::in_background(hello()).prepare();
    let pid = unused_pid().to_string();
    daemon.write_pidfile(&pid);
    let output = daemon.stop();
    output.expect_code(1);
    assert!(output.stderr.contains(&pid), "{}", output.stderr);
}

#[test]
fn stop_with_a_broken_configuration_fails() {
    let daemon = Boot::in_background(Config::whole("plugins: [\n")).prepare();
    let mut bystander = Started::bystander();
    daemon.write_pidfile(&bystander.pid().to_string());
    daemon.stop().expect_code(1);
    assert!(bystander.is_running(), "nothing was signalled");
}

#[test]
fn stop_with_a_named_pidfile_needs_no_configuration() {
    for boot in [Boot::of(hello()), Boot::in_background(hello())] {
        let daemon = boot.start();
        if !daemon.pidfile().exists() {
            daemon.write_pidfile(&daemon.pid().to_string());
        }
        daemon.write(&Config::whole("plugins: [\n"));
        daemon.stop().expect_code(0);
        assert!(daemon.is_closed());
    }
}

#[test]
fn a_pidfile_without_a_pid_stops_nothing() {
    for text in ["0", "-1", "1x", "", "99999999999999999999"] {
        let daemon = Boot::in_background(hello()).prepare();
        daemon.write_pidfile(text);
        daemon.stop().expect_code(1);
    }
}

#[test]
fn a_term_ends_everything_and_the_exit_code_is_0() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let config = Config::new()
            .plugin("forced", "Command: echo x > {{DIR}}/forced; setsid sleep 300 & sleep 300\nTimeout: 300")
            .plugin("timed", "Command: echo x > {{DIR}}/timed; sleep 300\nTimeout: 300\nInterval: 0.1");
        let mut daemon = Daemon::start(config);
        let _ = daemon.force(&["forced"]);
        let _ = (daemon.wait_for_file("forced"), daemon.wait_for_file("timed"));
        let pid = daemon.pid();
        let begun = Instant::now();
        daemon.signal(signal);
        assert_eq!(daemon.wait_for_exit(), 0, "{signal}");
        assert!(begun.elapsed() < Duration::from_secs(7), "{signal}: {:?}", begun.elapsed());
        let left: Vec<_> = daemon.processes().into_iter().filter(|left| *left != pid).collect();
        assert_eq!(left, [0; 0], "{signal}");
        assert!(daemon.log().contains("Shutting down"));
        assert!(TcpStream::connect(daemon.address()).is_err());
    }
}

#[test]
fn a_term_ends_commands_that_ignore_it() {
    let config = Config::new()
        .plugin("stubborn", "Command: trap '' TERM; echo x > {{DIR}}/begun; while :; do sleep 0.1; done\nTimeout: 300");
    let mut daemon = Daemon::start(config);
    let _ = daemon.force(&["stubborn"]);
    let _ = daemon.wait_for_file("begun");
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait_for_exit(), 0);
    assert_eq!(daemon.processes(), [0; 0]);
}

#[test]
fn no_action_runs_for_what_was_ended() {
    let config = Config::new()
        .action("note", "Command: echo x > {{DIR}}/acted")
        .plugin("slow", "Command: echo x > {{DIR}}/begun; sleep 300\nTimeout: 300\nAction: note");
    let mut daemon = Daemon::start(config);
    let _ = daemon.force(&["slow"]);
    let _ = daemon.wait_for_file("begun");
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait_for_exit(), 0);
    assert!(!daemon.path("acted").exists());
}

#[test]
fn a_killed_daemon_leaves_no_commands_behind() {
    let config = Config::new().plugin("slow", "Command: echo x > {{DIR}}/begun; sleep 300\nTimeout: 300");
    let mut daemon = Daemon::start(config);
    let _ = daemon.force(&["slow"]);
    let _ = daemon.wait_for_file("begun");
    daemon.signal(Signal::SIGKILL);
    assert_eq!(daemon.wait_for_exit(), -9);
    wait::until_true("its commands to end", || daemon.processes().is_empty());
}

#[test]
fn a_signal_is_heeded_as_soon_as_the_port_is_open() {
    for _ in 0..10 {
        let mut daemon = Boot::of(hello()).prepare();
        daemon.spawn(&mut daemon.command());
        wait::until_true("the port to open", || !daemon.is_closed() || !daemon.is_running());
        daemon.signal(Signal::SIGHUP);
        daemon.signal(Signal::SIGTERM);
        assert_eq!(daemon.wait_for_exit(), 0, "{}", daemon.sandbox.stderr());
    }
}
