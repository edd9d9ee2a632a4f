//! `smokerd --check`: every problem at once, and nothing is started.

use smoker_tests::cli::{self, Output};
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::lines::expect_line;
use smoker_tests::sandbox::Sandbox;

fn check_in(sandbox: &Sandbox, config: &Config) -> Output {
    config.write(sandbox).expect("writable");
    cli::smokerd(sandbox, &["--check", "-c", "{{DIR}}/smokerd.yaml"])
}

fn check(config: &Config) -> Output {
    check_in(&Sandbox::new(), config)
}

fn good() -> Config {
    Config::new().plugin("good", "Command: echo x > {{DIR}}/ran\nInterval: 0.1")
}

#[test]
fn a_good_configuration_passes_and_starts_nothing() {
    let sandbox = Sandbox::new();
    let output = check_in(&sandbox, &good());
    output.expect_code(0);
    assert!(!output.text().contains("rror"), "{}", output.text());
    assert!(!sandbox.path("ran").exists() && !sandbox.pidfile().exists());
    assert_eq!(sandbox.processes(), [0; 0]);
}

#[test]
fn every_problem_is_told() {
    let config = good()
        .top("nr_concurent_plugins: 3")
        .plugin("timeless", "Command: 'true'\nTimeout: 0")
        .plugin("both", "Command: 'true'\nModule: a.b")
        .plugin("lost", "Command: 'true'\nTemplate: Nowhere")
        .plugin("inert", "Command: 'true'\nAction: nothing")
        .plugin("odd", "Command: 'true'\nInterval: often");
    let output = check(&config);
    output.expect_code(3);
    expect_line(&output.text(), &["smokerd.yaml:3", "nr_concurrent_plugins"]);
    expect_line(&output.text(), &["timeless", "Timeout", "smokerd.yaml:"]);
    expect_line(&output.text(), &["both", "Command and Module"]);
    expect_line(&output.text(), &["lost", "Nowhere"]);
    expect_line(&output.text(), &["inert", "nothing"]);
    expect_line(&output.text(), &["odd", "Interval"]);
}

#[test]
fn one_broken_plugin_is_enough_to_fail() {
    let output = check(&good().plugin("timeless", "Command: 'true'\nTimeout: 0"));
    output.expect_code(3);
}

#[test]
fn a_file_that_cannot_be_read_or_parsed_fails() {
    let missing = cli::smokerd(&Sandbox::new(), &["--check", "-c", "{{DIR}}/nosuch.yaml"]);
    missing.expect_code(1);
    expect_line(&missing.text(), &["nosuch.yaml"]);

    let output = check(&Config::whole("plugins:\n  a: [1\n  b: 2\n"));
    output.expect_code(1);
    expect_line(&output.text(), &["smokerd.yaml:"]);

    let output = check(&Config::new().plugin("locked", "Command: 'true'\nMaintenanceLock = /x"));
    output.expect_code(1);
    expect_line(&output.text(), &["use a colon"]);
}

#[test]
fn a_configuration_without_any_plugin_fails() {
    check(&Config::new()).expect_code(1);
    check(&Config::new().plugin("off", "Command: 'true'\nEnabled: false")).expect_code(1);
    check(&Config::whole("bind_port: {{PORT}}\nplugins: {a: {Command: 'true'}}\n")).expect_code(1);
}

#[test]
fn a_plugin_that_is_switched_off_is_no_problem() {
    check(&good().plugin("retired", "Command: 'true'\nTimeout: 0\nEnabled: false")).expect_code(0);
}

#[test]
fn a_module_that_cannot_be_found_is_only_warned_of() {
    let output = check(&good().plugin("module", "Module: no.such.module"));
    assert!(!output.text().contains("not loaded"), "{}", output.text());
}

#[test]
fn a_running_daemon_is_not_disturbed() {
    let daemon = Daemon::start(Config::new().plugin("hello", "Command: echo hello"));
    let sandbox = Sandbox::new();
    let taken = Config::new()
        .address(&format!("bind_host: 127.0.0.1\nbind_port: {}", daemon.address().port()))
        .plugin("hello", "Command: echo hello");
    check_in(&sandbox, &taken).expect_code(0);
    daemon.run("hello").expect_ok(&["hello"]);
}
