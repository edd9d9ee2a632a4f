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
fn modules_and_parsers_that_cannot_be_found_are_warned_of() {
    let config = good()
        .top("actions: {Tell: {Module: no.action}}")
        .plugin("module", "Module: no.such.module")
        .plugin("parser", "Command: 'true'\nParser: smoker.server.plugins.no_parser")
        .plugin("action", "Command: 'true'\nAction: Tell");
    let output = check(&config);
    output.expect_code(3);
    for (plugin, name) in [
        ("module", "Module no.such.module"),
        ("parser", "Parser smoker.server.plugins.no_parser"),
        ("action", "the action's Module no.action"),
    ] {
        expect_line(&output.stderr, &["WARNING", &format!("Plugin {plugin}"), name, "is not found", "python_path"]);
    }
    expect_line(&output.stderr, &["3 problems found; the daemon would start"]);
}

#[test]
fn modules_are_looked_for_and_not_run() {
    let sandbox = Sandbox::new();
    let leaves_a_trace = format!("open({:?}, 'w').close()\n", sandbox.path("ran").display());
    let mut config = good().top("python_path: [library]").top("actions: {Tell: {Module: smoker.plugins.nsca}}");
    for (plugin, body, file) in [
        ("here", "Module: here", "here.py"),
        ("packaged", "Module: package.inner.check", "library/package/inner/check.py"),
        ("spaced", "Module: bare.check", "bare/check.py"),
        ("beside", "Module: smoker.server.plugins.own", "smoker/server/plugins/own.py"),
        ("read", "Command: 'true'\nParser: reader", "library/reader.py"),
    ] {
        config = config.plugin(plugin, body).file(file, &leaves_a_trace);
    }
    let config = config
        .file("library/package/__init__.py", &leaves_a_trace)
        .file("library/package/inner/__init__.py", &leaves_a_trace)
        .file("json.py", &leaves_a_trace)
        .plugin("shipped", "Module: smoker.server.plugins.uname\nAction: Tell")
        .plugin("short", "Command: 'true'\nParser: nagios")
        .plugin("installed", "Module: email.mime.text");
    let output = check_in(&sandbox, &config);
    output.expect_code(0);
    assert!(!sandbox.path("ran").exists());
}

#[test]
fn a_shipped_module_that_is_installed_is_named_as_not_used() {
    let sandbox = Sandbox::new();
    let file = "installed/smoker/server/plugins/uname.py";
    let installed = sandbox.path(file);
    let python = sandbox.path("python");
    let script = format!("#!/bin/sh\nPYTHONPATH={} exec python3 \"$@\"\n", sandbox.path("installed").display());
    std::fs::write(&python, script).expect("a script");
    std::fs::set_permissions(&python, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("permissions");
    let config = good()
        .top("python: '{{DIR}}/python'")
        .file(file, "class Plugin(object): pass\n")
        .plugin("shipped", "Module: smoker.server.plugins.uname");
    let output = check_in(&sandbox, &config);
    output.expect_code(0);
    let not_used = format!("{} is not used", installed.display());
    expect_line(&output.stderr, &["ADVICE", &not_used, "copy it into the folder smoker/server/plugins beside"]);
    let output = check_in(&sandbox, &config.file("smoker/server/plugins/uname.py", "class Plugin(object): pass\n"));
    assert!(!output.stderr.contains("ADVICE"), "{}", output.stderr);
}

#[test]
fn a_missing_interpreter_is_warned_of() {
    let output = check(&good().top("python: /no/such/python").plugin("module", "Module: some.module"));
    output.expect_code(3);
    expect_line(&output.stderr, &["WARNING", "Plugin module", "cannot start /no/such/python", "install python3"]);
    check(&good().top("python: /no/such/python")).expect_code(0);
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
