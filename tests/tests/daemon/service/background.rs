//! Into the background: what the starting command tells, and what it leaves.

use std::fs;
use std::net::TcpListener;
use std::path::Path;

use smoker_tests::boot::Boot;
use smoker_tests::config::Config;
use smoker_tests::config::hello;
use smoker_tests::machine::processes;

#[test]
fn the_start_returns_when_the_daemon_serves() {
    let daemon = Boot::in_background(hello()).prepare();
    let output = daemon.launch();
    assert!(daemon.serves(), "served when the start returned with {}: {}", output.code, output.stderr);
    output.expect_code(0);
    let pid = daemon.pid();
    assert!(processes::is_running(pid));
    assert_eq!(fs::read_link(format!("/proc/{pid}/cwd")).expect("it runs"), Path::new("/"));
}

#[test]
fn the_daemon_is_alone_in_its_session_without_a_terminal() {
    let daemon = Boot::in_background(hello()).start();
    let stat = fs::read_to_string(format!("/proc/{}/stat", daemon.pid())).expect("it runs");
    // After the name: state, parent, group, session, terminal.
    let fields: Vec<&str> = stat.rsplit_once(')').expect("a name in brackets").1.split_whitespace().collect();
    assert_eq!(fields[4], "0", "no terminal");
    assert_ne!(fields[3], std::process::id().to_string());
    assert_ne!(fields[3], daemon.pid().to_string(), "not the leader, so that it cannot get a terminal");
}

#[test]
fn a_taken_port_is_reported_before_the_start_returns() {
    let daemon = Boot::in_background(hello()).prepare();
    let _taken = TcpListener::bind(daemon.address()).expect("the port is free");
    let output = daemon.launch();
    output.expect_code(1);
    assert!(output.stderr.contains(&daemon.address().to_string()), "{}", output.stderr);
    assert!(!daemon.pidfile().exists());
    assert_eq!(daemon.processes(), [0; 0]);
}

#[test]
fn a_broken_configuration_is_reported_before_the_start_returns() {
    let daemon = Boot::in_background(Config::new().plugin("p", "Timeout: 0")).prepare();
    let output = daemon.launch();
    output.expect_code(1);
    assert!(output.stderr.contains("No plugins loaded!"), "{}", output.stderr);
    assert!(!daemon.pidfile().exists());
}

#[test]
fn a_pidfile_that_cannot_be_written_is_reported_before_the_start_returns() {
    let boot = Boot::in_background(hello()).without_pidfile();
    let daemon = boot.argument("-p").argument("{{DIR}}/missing/folder/smokerd.pid").prepare();
    let output = daemon.launch();
    output.expect_code(1);
    assert!(output.stderr.contains("missing/folder/smokerd.pid"), "{}", output.stderr);
    assert!(daemon.is_closed());
}

#[test]
fn a_log_file_that_cannot_be_written_is_reported_before_the_start_returns() {
    let daemon = Boot::in_background(hello().top("stdout: {{DIR}}/smokerd.yaml/out")).prepare();
    let output = daemon.launch();
    output.expect_code(1);
    assert!(output.stderr.contains("smokerd.yaml/out"), "{}", output.stderr);
    assert!(daemon.is_closed());
}
