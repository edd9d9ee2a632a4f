//! Into the background: what the starting command tells, and what it leaves.

use std::fs;
use std::net::TcpListener;
use std::path::Path;

use smoker_tests::background::{Background, START, hello};
use smoker_tests::cli;
use smoker_tests::config::Config;
use smoker_tests::processes;

#[test]
fn the_start_returns_when_the_daemon_serves() {
    let place = Background::prepare(&hello());
    let output = place.start();
    assert!(place.serves(), "served when the start returned with {}: {}", output.code, output.stderr);
    output.expect_code(0);
    let pid = place.pid();
    assert!(processes::is_running(pid));
    assert_eq!(fs::read_link(format!("/proc/{pid}/cwd")).expect("it runs"), Path::new("/"));
}

#[test]
fn the_daemon_is_alone_in_its_session_without_a_terminal() {
    let place = Background::running(&hello());
    let stat = fs::read_to_string(format!("/proc/{}/stat", place.pid())).expect("it runs");
    // After the name: state, parent, group, session, terminal.
    let fields: Vec<&str> = stat.rsplit_once(')').expect("a name in brackets").1.split_whitespace().collect();
    assert_eq!(fields[4], "0", "no terminal");
    assert_ne!(fields[3], std::process::id().to_string());
    assert_ne!(fields[3], place.pid().to_string(), "not the leader, so that it cannot get a terminal");
}

#[test]
fn a_taken_port_is_told_before_the_start_returns() {
    let place = Background::prepare(&hello());
    let _taken = TcpListener::bind(place.address()).expect("the port is free");
    let output = place.start();
    output.expect_code(1);
    assert!(output.stderr.contains(&place.address().to_string()), "{}", output.stderr);
    assert!(!place.sandbox.pidfile().exists());
    assert_eq!(place.sandbox.processes(), [0; 0]);
}

#[test]
fn a_broken_configuration_is_told_before_the_start_returns() {
    let place = Background::prepare(&Config::new().plugin("p", "Timeout: 0"));
    let output = place.start();
    output.expect_code(1);
    assert!(output.stderr.contains("No plugins loaded!"), "{}", output.stderr);
    assert!(!place.sandbox.pidfile().exists());
}

#[test]
fn a_pidfile_that_cannot_be_written_is_told_before_the_start_returns() {
    let place = Background::prepare(&hello());
    let mut arguments = START.to_vec();
    arguments[5] = "{{DIR}}/missing/folder/smokerd.pid";
    let output = cli::smokerd(&place.sandbox, &arguments);
    output.expect_code(1);
    assert!(output.stderr.contains("missing/folder/smokerd.pid"), "{}", output.stderr);
    assert!(place.is_closed());
}

#[test]
fn a_log_file_that_cannot_be_written_is_told_before_the_start_returns() {
    let place = Background::prepare(&hello().top("stdout: {{DIR}}/smokerd.yaml/out"));
    let output = place.start();
    output.expect_code(1);
    assert!(output.stderr.contains("smokerd.yaml/out"), "{}", output.stderr);
    assert!(place.is_closed());
}
