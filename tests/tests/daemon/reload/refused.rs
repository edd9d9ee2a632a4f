//! SIGHUP with a configuration that a daemon could not start with, or that
//! cannot be read: the one before goes on.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::thread;

use nix::sys::signal::Signal;
use smoker_tests::boot::Boot;
use smoker_tests::config::Config;
use smoker_tests::config::hello;
use smoker_tests::daemon::Daemon;
use smoker_tests::lines::expect_line;
use smoker_tests::service_manager::ServiceManager;
use smoker_tests::wait;

use crate::reload::held::Held;

fn refused(daemon: &Daemon, config: &Config, words: &[&str]) {
    let log = daemon.reload(config);
    expect_line(&log, &[&["ERROR"], words].concat());
    expect_line(&log, &["ERROR", "smokerd.yaml is refused as a whole", "goes on"]);
    assert!(!log.contains("Reloaded"), "{log}");
}

#[test]
fn whatever_would_fail_a_start_is_refused_with_its_reason() {
    let daemon = Daemon::start(hello());
    let planned = daemon.get("/plugins").text();
    let whole = |text: &str| Config::whole(text);
    let base = "templates:\n  BasePlugin:\n    Timeout: 5\n";
    refused(&daemon, &whole("plugins: [\n"), &["smokerd.yaml:", "Can't parse config file"]);
    refused(&daemon, &whole(""), &["smokerd.yaml"]);
    refused(&daemon, &whole("plugins:\n  a:\n    Command: x\n"), &["BasePlugin"]);
    refused(&daemon, &whole(&format!("{base}plugins: {{}}\n")), &["plugins"]);
    refused(&daemon, &hello().top("bind_port: many"), &["smokerd.yaml:", "bind_port"]);
    refused(&daemon, &hello().top("nr_concurrent_plugins: some"), &["smokerd.yaml:3:", "nr_concurrent_plugins"]);
    refused(&daemon, &hello().top("allow: [nowhere]"), &["smokerd.yaml:3:", "allow"]);
    refused(&daemon, &hello().top("uid: nosuchuser\ngid: nosuchgroup"), &["nosuchuser"]);
    refused(&daemon, &hello().top("more: !include missing.yaml"), &["missing.yaml", "No such file"]);
    refused(&daemon, &hello().top("more: !include broken.yaml").file("broken.yaml", "a: b: c\n"), &["broken.yaml:1:"]);
    assert_eq!(daemon.get("/plugins").text(), planned, "nothing has changed, not even a plan");
    daemon.run("hello").expect_ok(&["hello"]);

    fs::remove_file(daemon.path("smokerd.yaml")).expect("writable");
    let log = daemon.hang_up();
    expect_line(&log, &["ERROR", "Can't read config file", "No such file"]);
    daemon.run("hello").expect_ok(&["hello"]);

    let log = daemon.reload(&Config::new().plugin("next", "Command: echo next"));
    expect_line(&log, &["Reloaded", "1 added (next)", "1 removed (hello)"]);
    daemon.run("next").expect_ok(&["next"]);
}

#[test]
fn each_problem_of_a_refused_configuration_is_reported_with_its_place() {
    let daemon = Daemon::start(hello());
    let config = Config::new()
        .top("bind_port: many\nhistory_memory: much\nnonsense: 1")
        .plugin("broken", "Command: 'true'\nTimeout: never");
    let log = daemon.reload(&config);
    expect_line(&log, &["ERROR", "smokerd.yaml:3:", "bind_port"]);
    expect_line(&log, &["ERROR", "smokerd.yaml:4:", "history_memory"]);
    expect_line(&log, &["smokerd.yaml:5:", "nonsense"]);

    let none = Config::new().plugin("broken", "Command: 'true'\nTimeout: never").plugin("empty", "Interval: 1");
    let log = daemon.reload(&none);
    expect_line(&log, &["ERROR", "smokerd.yaml:", "Plugin broken not loaded"]);
    expect_line(&log, &["ERROR", "smokerd.yaml:", "Plugin empty not loaded"]);
    expect_line(&log, &["ERROR", "No plugins loaded!"]);
    expect_line(&log, &["ERROR", "refused as a whole"]);
}

#[test]
fn warnings_are_logged_as_at_a_start() {
    let daemon = Daemon::start(hello());
    let log = daemon.reload(
        &hello()
            .top("bindport: 1\npython: [3]")
            .plugin("broken", "Command: 'true'\nTimeout: never")
            .plugin("stranger", "Command: 'true'\nuid: nosuchuser\ngid: nosuchuser")
            .plugin("short", "Command: 'true'\nInterval: 0.001"),
    );
    expect_line(&log, &["WARNING", "smokerd.yaml:3:", "bindport", "bind_port"]);
    expect_line(&log, &["WARNING", "python has to be", "every run that needs Python will fail"]);
    expect_line(&log, &["ERROR", "smokerd.yaml:", "Plugin broken not loaded", "Timeout"]);
    expect_line(&log, &["WARNING", "Plugin stranger", "nosuchuser"]);
    expect_line(&log, &["WARNING", "Plugin short", "Interval"]);
    expect_line(&log, &["WARNING: Reloaded", "2 added (stranger, short)", "1 unchanged"]);
}

#[test]
fn log_files_are_reopened_also_with_a_bad_configuration() {
    let daemon = Boot::in_background(hello().top("stdout: {{DIR}}/out\nstderr: {{DIR}}/err")).start();
    daemon.write(&Config::whole("plugins: [\n"));
    let (out, err) = (daemon.path("out"), daemon.path("err"));
    for file in [&out, &err] {
        fs::rename(file, file.with_extension("1")).expect("writable");
    }
    daemon.signal(Signal::SIGHUP);
    wait::until_true("the log files to be made again", || out.exists() && err.exists());
    assert!(daemon.serves());
}

#[test]
fn a_stream_that_cannot_be_opened_is_refused_before_anything_changes() {
    // A daemon in the background logs to syslog alone; its service manager hears what became of a reload.
    let manager = ServiceManager::new();
    let boot = Boot::in_background(hello().top("stdout: {{DIR}}/out"));
    let daemon = boot.environment("NOTIFY_SOCKET", manager.address()).start();
    let reload = |config: Config| {
        daemon.write(&config);
        daemon.signal(Signal::SIGHUP);
        let _ = manager.next_with("RELOADING");
        let ready = manager.next_with("READY");
        let stream = fs::read_link(format!("/proc/{}/fd/1", daemon.pid())).expect("it runs");
        (ready["STATUS"].clone(), stream)
    };
    let bad = hello().top("stdout: {{DIR}}/smokerd.yaml/out").plugin("second", "Command: 'true'");
    let (status, stream) = reload(bad);
    assert!(status.starts_with("1 plugin,") && status.contains("refused"), "{status}");
    assert_eq!(stream, daemon.path("out"));
    let (status, stream) = reload(hello().top("stdout: {{DIR}}/other").plugin("third", "Command: 'true'"));
    assert!(status.starts_with("2 plugins,") && !status.contains("refused"), "{status}");
    assert_eq!(stream, daemon.path("other"));
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn a_file_that_the_daemon_may_no_longer_read_is_refused_with_that_reason() {
    let daemon = Daemon::start(hello().top("uid: 12345\ngid: 12345"));
    daemon.write(&hello().top("uid: 12345\ngid: 12345").plugin("second", "Command: 'true'"));
    let file = daemon.path("smokerd.yaml");
    fs::set_permissions(&file, Permissions::from_mode(0o600)).expect("root may");
    let log = daemon.hang_up();
    expect_line(&log, &["ERROR", "Can't read config file", "smokerd.yaml", "Permission denied"]);
    expect_line(&log, &["ERROR", "refused as a whole"]);
    daemon.run("hello").expect_ok(&["hello"]);
    fs::set_permissions(&file, Permissions::from_mode(0o644)).expect("root may");
    expect_line(&daemon.hang_up(), &["Reloaded", "1 added (second)"]);
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn a_daemon_that_has_given_up_root_takes_no_plugin_of_another_user() {
    let config = |uid: u32| hello().top(&format!("uid: {uid}\ngid: 12345"));
    let daemon = Daemon::start(config(12345));
    let other = "Command: id -u\nuid: 12346\ngid: 12345";
    // Also not when the configuration would have it become that user.
    let log =
        daemon.reload(&config(12346).plugin("other", other).plugin("same", "Command: id -u\nuid: 12345\ngid: 12345"));
    expect_line(&log, &["ERROR", "Plugin other not loaded", "12346"]);
    expect_line(&log, &["WARNING", "uid is changed to 12346", "next start", "12345"]);
    daemon.run("same").expect_ok(&["12345"]);
    assert_eq!(daemon.get("/plugins/other").status, 404);
}

#[test]
fn while_a_configuration_is_being_read_everything_goes_on() {
    let clock = |config: Config| config.plugin("clock", "Command: 'true'\nInterval: 0.2\nHistory: 1000");
    let mut daemon = Daemon::start(clock(hello()));
    let (mut held, config) = Held::new(&daemon);
    daemon.write(&clock(config));
    daemon.signal(Signal::SIGHUP);
    held.wait_for_reader();
    for _ in 0..20 {
        assert_eq!(daemon.get("/plugins").status, 200);
    }
    daemon.run("hello").expect_ok(&["hello"]);
    let count = daemon.results("clock").len();
    let _ = daemon.wait_for_results("clock", count + 2);
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait_for_exit(), 0, "it ends although it still reads");
}

#[test]
fn a_reload_in_the_middle_of_a_reload_follows_it() {
    let daemon = Daemon::start(hello());
    let (mut held, config) = Held::new(&daemon);
    daemon.write(&config.plugin("first", "Command: 'true'"));
    daemon.signal(Signal::SIGHUP);
    held.wait_for_reader();
    // Some more come, of which the last has another configuration.
    for number in 2..5 {
        daemon.write(&hello().plugin(&format!("number{number}"), "Command: 'true'"));
        daemon.signal(Signal::SIGHUP);
        let told = || daemon.log().matches("INFO: SIGHUP while a configuration is being read").count();
        wait::until_true("the signal to be noticed", || told() == number - 1);
    }
    assert_eq!(daemon.get("/plugins").json()["plugins"]["items"].as_array().map(Vec::len), Some(1));
    drop(held);
    wait::until_true("the last configuration", || daemon.get("/plugins/number4").status == 200);
    // The log says so a moment after the page.
    wait::until_true("its line in the log", || daemon.log().contains("1 added (number4)"));
    let log = daemon.log();
    let reloads: Vec<_> = log.lines().filter(|line| line.contains("Reloaded")).collect();
    assert_eq!(reloads.len(), 2, "the first, and one for all that came meanwhile: {log}");
    assert!(reloads[0].contains("1 added (first)") && reloads[1].contains("1 added (number4)"), "{log}");
    assert_eq!(daemon.get("/plugins/first").status, 404);
}

#[test]
fn a_reload_that_hangs_is_given_up_and_the_next_one_counts() {
    let daemon = Daemon::start(hello());
    daemon.write_pidfile(&daemon.pid().to_string());
    let (mut held, config) = Held::new(&daemon);
    daemon.write(&config);
    thread::scope(|scope| {
        let asked = scope.spawn(|| daemon.ask_for_reload());
        held.wait_for_reader();
        let output = asked.join().expect("it ends");
        output.expect_code(1);
        expect_line(&output.stderr, &["ERROR", "smokerd.yaml", "takes more than 30 seconds"]);
        expect_line(&output.stderr, &["ERROR", "refused as a whole"]);
    });
    assert!(daemon.reload(&hello().plugin("next", "Command: 'true'")).contains("1 added (next)"));
}
