//! Log files, standard streams, and what else a daemon makes or hands on.

use std::fs;
use std::os::unix::fs::{PermissionsExt, lchown, symlink};
use std::path::Path;

use nix::sys::signal::Signal;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use smoker_tests::boot::Boot;
use smoker_tests::config::Config;
use smoker_tests::config::hello;
use smoker_tests::daemon::Daemon;
use smoker_tests::wait;

fn expect_log_files_reopened(top: &str) {
    let config = hello().top(&format!("stdout: {{{{DIR}}}}/logs/out\nstderr: {{{{DIR}}}}/logs/err\n{top}"));
    let daemon = Boot::in_background(config).start();
    let (log, rotated) = (daemon.path("logs/out"), daemon.path("logs/out.1"));
    wait::until_true("the log file, whose folder is made", || log.exists());
    fs::rename(&log, &rotated).expect("writable");
    daemon.signal(Signal::SIGHUP);
    wait::until_true("the log file to be made again", || log.exists());
    assert!(daemon.serves());
    let target = fs::read_link(format!("/proc/{}/fd/1", daemon.pid())).expect("it runs");
    assert_eq!(target, log);
    daemon.stop().expect_code(0);
}

#[test]
fn a_hangup_reopens_the_log_files() {
    expect_log_files_reopened("");
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn a_hangup_reopens_the_log_files_of_a_daemon_that_has_given_up_root() {
    expect_log_files_reopened("uid: 12345\ngid: 12345");
}

/// What the account that the daemon becomes could have put in the place of a log file.
#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn root_opens_no_stream_over_a_link_of_somebody_else() {
    let daemon = Boot::in_background(hello().top("uid: 12345\ngid: 12345\nstdout: {{DIR}}/out")).prepare();
    let (target, link) = (daemon.path("of-root"), daemon.path("out"));
    symlink(&target, &link).expect("writable");
    lchown(&link, Some(12345), Some(12345)).expect("root may");
    let refused = daemon.launch();
    refused.expect_code(1);
    assert!(refused.stderr.contains("it is a symbolic link that does not belong to root"), "{}", refused.stderr);
    assert!(!target.exists());
    lchown(&link, Some(0), Some(0)).expect("root may");
    daemon.launch().expect_code(0);
    assert!(target.exists());
}

/// Another account decides nothing either for a daemon that stays root.
#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn a_daemon_that_stays_root_opens_no_stream_over_a_link_of_somebody_else() {
    let daemon = Boot::in_background(hello().top("stdout: {{DIR}}/out")).prepare();
    let (target, link) = (daemon.path("elsewhere"), daemon.path("out"));
    symlink(&target, &link).expect("writable");
    lchown(&link, Some(12345), Some(12345)).expect("root may");
    daemon.launch().expect_code(1);
    assert!(!target.exists());
}

#[test]
fn a_pipe_that_nobody_reads_is_reported_and_does_not_make_the_start_wait() {
    let daemon = Boot::in_background(hello().top("stdout: {{DIR}}/pipe")).prepare();
    mkfifo(&daemon.path("pipe"), Mode::S_IRWXU).expect("a pipe");
    let refused = daemon.launch();
    refused.expect_code(1);
    assert!(refused.stderr.contains("/pipe for the daemon's stdout: No such device or address"), "{}", refused.stderr);
}

#[test]
fn a_daemon_in_the_foreground_survives_a_hangup() {
    let daemon = Daemon::start(hello());
    for _ in 0..3 {
        daemon.signal(Signal::SIGHUP);
        daemon.run("hello").expect_ok(&["hello"]);
    }
}

#[test]
fn the_standard_streams_go_where_they_are_configured() {
    let config = hello().top("stdin: /dev/null\nstdout: {{DIR}}/out\nstderr: {{DIR}}/err");
    let daemon = Boot::in_background(config).start();
    let stream = |number: i32| fs::read_link(format!("/proc/{}/fd/{number}", daemon.pid())).expect("it runs");
    assert_eq!(stream(0), Path::new("/dev/null"));
    assert_eq!(stream(1), daemon.path("out"));
    assert_eq!(stream(2), daemon.path("err"));
}

#[test]
fn streams_that_are_not_configured_go_nowhere() {
    let daemon = Boot::in_background(hello()).start();
    for number in 0..3 {
        let stream = fs::read_link(format!("/proc/{}/fd/{number}", daemon.pid())).expect("it runs");
        assert_eq!(stream, Path::new("/dev/null"));
    }
}

#[test]
fn what_the_daemon_makes_only_its_owner_may_change() {
    let config = Config::new()
        .top("stdout: {{DIR}}/logs/out\nstderr: {{DIR}}/logs/err")
        .plugin("maker", "Command: touch {{DIR}}/made; umask");
    let open = ["/bin/sh", "-c", "umask 0; exec \"$0\" \"$@\""];
    let daemon = Boot::in_background(config).through(&open).start();
    let mode = |path: &Path| fs::metadata(path).expect("it exists").permissions().mode() & 0o777;
    assert_eq!(mode(&daemon.pidfile()), 0o644);
    assert_eq!(mode(&daemon.path("logs/out")), 0o644);
    assert_eq!(mode(&daemon.path("logs")), 0o755);

    daemon.run("maker").expect_ok(&["0022"]);
    assert_eq!(mode(&daemon.path("made")), 0o644);
}

#[test]
fn the_listening_socket_is_not_handed_to_commands() {
    let config = Config::new().plugin("fds", "Command: ls -l /proc/self/fd | grep -c socket; true");
    Daemon::start(config).run("fds").expect_ok(&["0"]);
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn a_daemon_with_its_own_ids_can_be_stopped_and_started_again() {
    let daemon = Boot::in_background(hello().top("uid: 12345\ngid: 12345\nstdout: {{DIR}}/out")).prepare();
    for _ in 0..2 {
        daemon.launch().expect_code(0);
        assert!(daemon.serves());
        daemon.signal(Signal::SIGHUP);
        assert!(daemon.serves(), "a log file that it cannot reopen does not end it");
        daemon.stop().expect_code(0);
        assert!(daemon.is_closed());
        assert_eq!(daemon.processes(), [0; 0]);
    }
}
