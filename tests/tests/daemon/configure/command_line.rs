//! The command line: what each option does, and what bad usage gets.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use nix::sys::signal::Signal;
use smoker_tests::cli;
use smoker_tests::config::Config;
use smoker_tests::daemon::Boot;
use smoker_tests::http::{ANSWER_LIMIT, Request};
use smoker_tests::sandbox::Sandbox;
use smoker_tests::started::Started;
use smoker_tests::wait;

fn hello() -> Config {
    Config::new().plugin("hello", "Command: echo hello")
}

fn answers(address: SocketAddr) -> bool {
    Request::get("/").send(address, ANSWER_LIMIT).is_ok_and(|response| response.status == 200)
}

#[test]
fn an_unknown_option_is_bad_usage() {
    let sandbox = Sandbox::new();
    for arguments in [&["--nonsense"][..], &["-x"], &["stray"], &["-gf"]] {
        let output = cli::smokerd(&sandbox, arguments);
        output.expect_code(2);
        assert!(output.stderr.to_lowercase().contains("usage"), "{arguments:?}: {}", output.stderr);
        assert_eq!(output.stdout, "");
    }
    cli::smokerd(&sandbox, &["-c"]).expect_code(2);
}

#[test]
fn help_and_version_are_told() {
    let sandbox = Sandbox::new();
    let help = cli::smokerd(&sandbox, &["--help"]);
    help.expect_code(0);
    for option in [
        "-fg",
        "--foreground",
        "--config",
        "--pidfile",
        "--stop",
        "--no-syslog",
        "--no-console",
        "--logging-conf",
        "--check",
        "--version",
        "SIGHUP",
    ] {
        assert!(help.stdout.contains(option), "{option} is missing in\n{}", help.stdout);
    }
    let version = cli::smokerd(&sandbox, &["--version"]);
    version.expect_code(0);
    assert!(version.stdout.contains(env!("CARGO_PKG_VERSION")), "{}", version.stdout);
}

#[test]
fn the_long_option_for_the_foreground_works_too() {
    let sandbox = Sandbox::new();
    hello().write(&sandbox).expect("writable");
    let mut command = cli::smokerd_command(
        &sandbox,
        &["--foreground", "--no-syslog", "-c", "{{DIR}}/smokerd.yaml", "-p", "{{PIDFILE}}"],
    );
    let mut started = Started::spawn(&mut command).expect("it can be started");
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, sandbox.port()));
    wait::until_true("the daemon to serve", || answers(address) || !started.is_running());
    assert!(started.is_running(), "{}", sandbox.stderr());
    assert!(!sandbox.pidfile().exists());
    started.signal(Signal::SIGTERM);
    assert_eq!(started.exit_within(wait::DEADLINE), Some(0));
}

#[test]
fn warnings_are_told_without_options_and_more_with_them() {
    let log = |arguments: &[&str]| {
        let sandbox = Sandbox::new();
        hello().plugin("broken", "Timeout: 0").write(&sandbox).expect("writable");
        let arguments = [&["-fg", "--no-syslog", "-c", "{{DIR}}/smokerd.yaml"], arguments].concat();
        let mut started = Started::spawn(&mut cli::smokerd_command(&sandbox, &arguments)).expect("it can be started");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, sandbox.port()));
        wait::until_true("the daemon to serve", || answers(address) || !started.is_running());
        started.signal(Signal::SIGTERM);
        assert_eq!(started.exit_within(wait::DEADLINE), Some(0));
        (sandbox.stdout(), sandbox.stderr())
    };
    let (stdout, stderr) = log(&[]);
    assert!(stderr.lines().any(|line| line.starts_with("ERROR: ") && line.contains("broken")), "{stderr}");
    assert!(!stdout.contains("INFO: "), "{stdout}");
    let (stdout, _) = log(&["-v"]);
    assert!(stdout.contains("INFO: Loaded plugin hello") && !stdout.contains("DEBUG: "), "{stdout}");
    let (stdout, stderr) = log(&["-v", "--no-console"]);
    assert_eq!((stdout, stderr), (String::new(), String::new()));
}

#[test]
fn a_machine_without_a_syslog_is_told_of_it_once() {
    if Path::new("/dev/log").exists() {
        eprintln!("SKIPPED: this machine has a /dev/log, and no test takes it away");
        return;
    }
    let sandbox = Sandbox::new();
    hello().write(&sandbox).expect("writable");
    let arguments = ["-fg", "-v", "-c", "{{DIR}}/smokerd.yaml", "-p", "{{PIDFILE}}"];
    let mut started = Started::spawn(&mut cli::smokerd_command(&sandbox, &arguments)).expect("it can be started");
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, sandbox.port()));
    wait::until_true("the daemon to serve", || answers(address) || !started.is_running());
    for _ in 0..3 {
        assert_eq!(Request::get("/").send(address, ANSWER_LIMIT).expect("an answer").status, 200);
    }
    started.signal(Signal::SIGTERM);
    assert_eq!(started.exit_within(wait::DEADLINE), Some(0));
    assert_eq!(sandbox.stderr().matches("/dev/log").count(), 1, "{}", sandbox.stderr());
}

#[test]
fn a_configuration_that_cannot_be_read_is_told() {
    for (path, reason) in [("{{DIR}}/nosuch", "Can't read config file"), ("{{DIR}}", "Can't read config folder")] {
        let output = cli::smokerd(&Sandbox::new(), &["-fg", "--no-syslog", "-c", path]);
        output.expect_code(1);
        assert!(output.stderr.contains(reason), "{}", output.stderr);
    }
}

#[test]
fn an_inherited_environment_reaches_the_commands() {
    let config = Config::new().plugin("env", "Command: echo $SITE_NAME");
    Boot::of(config).environment("SITE_NAME", "here").start().run("env").expect_ok(&["here"]);
}
