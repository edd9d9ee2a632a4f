//! What the log says of runs at the default level: changes of status, tracebacks, malformed output, timeouts, actions.

use std::fs;

use smoker_tests::boot::Boot;
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::lines::expect_line;
use smoker_tests::wait;

/// The lines about a plugin.
fn lines(daemon: &Daemon, plugin: &str) -> Vec<String> {
    let about = format!("Plugin {plugin}: ");
    daemon.console().lines().filter(|line| line.contains(&about)).map(str::to_owned).collect()
}

fn wait_for_lines(daemon: &Daemon, plugin: &str, expected: &[&str]) {
    wait::until_true(&format!("{expected:?}"), || lines(daemon, plugin).len() >= expected.len());
    let mut found = lines(daemon, plugin);
    found.sort();
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(found, expected);
}

#[test]
fn a_change_of_status_is_one_line() {
    let config = Config::new().plugin("Web", "Command: cat {{DIR}}/now");
    let daemon = Daemon::start(config);
    let run = |now: &str| {
        fs::write(daemon.path("now"), now).expect("writable");
        let _ = daemon.run("Web");
    };
    run("fine");
    run(r#"{"status": "WARN", "messages": {"info": ["i"], "warn": ["slow\nvery"], "error": []}}"#);
    run(r#"{"status": "WARN", "messages": {"info": [], "warn": ["slower"], "error": []}}"#);
    run(
        r#"{"status": "ERROR", "messages": null, "componentResults": {"a": {"status": "OK", "messages": null}, "b": {"status": "ERROR", "messages": {"info": [], "warn": [], "error": ["down"]}}}}"#,
    );
    run("fine again");
    wait_for_lines(
        &daemon,
        "Web",
        &[
            "WARNING: Plugin Web: OK -> WARN: slow",
            "WARNING: Plugin Web: WARN -> ERROR: b: down",
            "INFO: Plugin Web: ERROR -> OK: fine again",
        ],
    );
}

#[test]
fn runs_and_actions_that_fail_are_in_the_log() {
    let module = "from smoker.server.plugins import BasePlugin\n\
                  class Plugin(BasePlugin):\n\
                  \x20   def run(self):\n\
                  \x20       raise ValueError('lost')\n";
    let config = Config::new()
        .action("Mail", "Command: echo mail host unreachable >&2; exit 1")
        .action("Page", "Command: sleep 60\nTimeout: 0.1")
        .plugin("Mute", "Command: exit 3")
        .plugin("Slow", "Command: echo waiting >&2; sleep 60\nTimeout: 0.7")
        .plugin("Odd", "Command: \"echo '{\\\"status\\\": \\\"GOOD\\\"}'\"")
        .plugin("Db", "Command: echo fine\nAction: [Mail, Page]")
        .plugin("Module", "Module: own")
        .file("own.py", module);
    let daemon = Daemon::start(config);
    for plugin in ["Slow", "Odd", "Db", "Module", "Mute"] {
        let _ = daemon.run(plugin);
    }
    wait_for_lines(
        &daemon,
        "Slow",
        &[
            "ERROR: Plugin Slow: Execution timeout after 0.7 seconds",
            "WARNING: Plugin Slow: not run yet -> ERROR: waiting",
        ],
    );
    wait_for_lines(&daemon, "Mute", &["WARNING: Plugin Mute: not run yet -> ERROR: exit status 3"]);
    wait::until_true("the lines", || lines(&daemon, "Odd").len() == 2 && lines(&daemon, "Module").len() == 3);
    expect_line(&daemon.console(), &["ERROR: Plugin Odd: Missing status in JSON output"]);
    expect_line(
        &daemon.console(),
        &["ERROR: Plugin Module: module execution failed: lost\\nTraceback", "ValueError: lost"],
    );
    expect_line(&daemon.console(), &["ERROR: Plugin Module: lost"]);
    wait_for_lines(
        &daemon,
        "Db",
        &[
            "WARNING: Plugin Db: action Mail failed: mail host unreachable",
            "ERROR: Plugin Db: action Page failed: Execution timeout after 0.1 seconds",
        ],
    );
}

#[test]
fn a_plugin_that_fails_all_the_time_has_its_lines_counted() {
    let daemon = Daemon::start(Config::new().plugin("Slow", "Command: sleep 60\nTimeout: 0.01"));
    for _ in 0..13 {
        let _ = daemon.run("Slow");
    }
    wait::until_true("the limit", || lines(&daemon, "Slow").len() == 11);
    expect_line(
        &daemon.console(),
        &["WARNING: Plugin Slow: more than 10 lines a minute; the next are left out of the log"],
    );
}

#[test]
fn what_modules_log_keeps_its_level_whatever_it_holds() {
    let module = "import logging\n\
                  from smoker.server.plugins import BasePlugin\n\
                  class Plugin(BasePlugin):\n\
                  \x20   def run(self):\n\
                  \x20       log = logging.getLogger('checks')\n\
                  \x20       log.error('cannot read %s', b'caf\\xe9.lock'.decode('utf-8', 'surrogateescape'))\n\
                  \x20       log.error('lone %s', '\\ud800')\n\
                  \x20       log.error('two %s %s', 1)\n\
                  \x20       log.warning('long ' + '\u{10d}' * 100000)\n\
                  \x20       self.result.set_status('OK')\n";
    let daemon = Daemon::start(Config::new().plugin("Log", "Module: own").file("own.py", module));
    assert_eq!(daemon.run("Log").status(), "OK");
    wait::until_true("the records", || lines(&daemon, "Log").len() == 4);
    let console = daemon.console();
    expect_line(&console, &[r"ERROR: Plugin Log: cannot read caf\xe9.lock"]);
    expect_line(&console, &[r"ERROR: Plugin Log: lone \ud800"]);
    expect_line(&console, &["ERROR: Plugin Log: 'two %s %s' with arguments (1,)", "TypeError"]);
    expect_line(&console, &["WARNING: Plugin Log: long ", "(84005 characters cut)"]);
}

/// Where there is no `/dev/log`, as in most containers.
#[test]
fn a_missing_system_log_is_one_warning_with_the_way_out() {
    if std::path::Path::new("/dev/log").exists() {
        return smoker_tests::machine::skip::skip("no test without a /dev/log", "run it in a container");
    }
    let mut daemon = Boot::of(smoker_tests::config::hello()).with_syslog().start();
    let said = || daemon.console().matches("/dev/log").count();
    wait::until_true("the warning", || said() > 0);
    daemon.signal(nix::sys::signal::Signal::SIGTERM);
    daemon.wait_for_exit();
    let console = daemon.console();
    expect_line(&console, &["WARNING: log handler syslog: there is no /dev/log", "--no-syslog"]);
    assert_eq!((console.matches("/dev/log").count(), console.matches("ERROR").count()), (1, 0), "{console}");
}
