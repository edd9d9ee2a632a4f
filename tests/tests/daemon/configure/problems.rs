//! What an operator reads when the configuration is not what they meant, and
//! that a mistake in one plugin harms no other.

use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use smoker_tests::boot::Boot;
use smoker_tests::cli::{self, Output};
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::lines::expect_line;
use smoker_tests::sandbox::Sandbox;
use smoker_tests::wait;

/// Starts a daemon whose configuration should end it.
fn start_in_vain(config: &Config) -> Output {
    let sandbox = Sandbox::new();
    config.write(&sandbox).expect("writable");
    let output = cli::smokerd(&sandbox, &["-fg", "--no-syslog", "-c", "{{DIR}}/smokerd.yaml", "-p", "{{PIDFILE}}"]);
    output.expect_code(1);
    output
}

fn hello() -> Config {
    Config::new().plugin("hello", "Command: echo hello")
}

#[test]
fn an_unknown_key_names_the_one_that_was_probably_meant() {
    let daemon = Daemon::start(hello().top("nr_concurent_plugins: 1\nalow: [127.0.0.1]"));
    let log = daemon.log();
    expect_line(&log, &["smokerd.yaml:3", "nr_concurent_plugins", "nr_concurrent_plugins"]);
    expect_line(&log, &["smokerd.yaml:4", "alow", "allow"]);
}

#[test]
fn an_equals_sign_for_a_colon_is_recognised() {
    let output = start_in_vain(&hello().plugin("locked", "Command: 'true'\nMaintenanceLock = /x"));
    expect_line(&output.stderr, &["smokerd.yaml:11", "use a colon", "MaintenanceLock: /x"]);
}

/// The plugin runs, as with PyYAML, but not what its author wrote.
#[test]
fn a_shell_s_negation_that_yaml_takes_away_is_in_the_log() {
    let daemon = Daemon::start(hello().plugin("inverted", "Command: ! grep -q root /etc/passwd"));
    daemon.run("inverted").expect_ok(&[]);
    expect_line(
        &daemon.log(),
        &["WARNING", "smokerd.yaml:", "plugins.inverted.Command: `!` begins a YAML tag", "quote"],
    );
}

#[test]
fn a_broken_plugin_is_left_out_and_the_others_run() {
    let config = Config::new()
        .plugin("good", "Command: echo good")
        .plugin("timeless", "Command: echo bad\nTimeout: never")
        .plugin("both", "Command: echo bad\nModule: a.b")
        .plugin("nothing", "Category: empty")
        .plugin("lost", "Command: echo bad\nTemplate: Nowhere")
        .plugin("fine", "Command: echo fine");
    let daemon = Daemon::start(config);
    let plugins = daemon.get("/plugins").json();
    let names: Vec<_> =
        plugins["plugins"]["items"].as_array().expect("a list").iter().map(|item| &item["plugin"]["name"]).collect();
    assert_eq!(names, ["good", "fine"]);
    daemon.run("good").expect_ok(&["good"]);
    let log = daemon.log();
    expect_line(&log, &["timeless", "Timeout", "smokerd.yaml:"]);
    expect_line(&log, &["Plugin both not loaded", "Command and Module parameters cannot be set together"]);
    expect_line(&log, &["Plugin nothing not loaded", "Command or Module parameter has to be set"]);
    expect_line(&log, &["lost", "Nowhere"]);
}

#[test]
fn a_value_that_makes_no_sense_is_reported_and_harms_no_other() {
    for (key, value) in [
        ("Stdin", "xml"),
        ("MaxOutput", "plenty"),
        ("MaxOutput", "-1"),
        ("Splay", "wide"),
        ("Serial", "perhaps"),
        ("LeaveRunning", "sometimes"),
        ("MaintenanceLock", "[a]"),
        ("Interval", "often"),
        ("Timeout", "soon"),
    ] {
        let daemon = Daemon::start(hello().plugin("odd", &format!("Command: 'true'\n{key}: {value}")));
        expect_line(&daemon.log(), &["odd", key, "smokerd.yaml:"]);
        daemon.run("hello").expect_ok(&["hello"]);
    }
}

#[test]
fn a_top_level_value_that_makes_no_sense_ends_the_start() {
    for line in [
        "bind_port: 70000",
        "bind_port: http",
        "allow: [10.0.0.0/33]",
        "allow: nobody",
        "history_memory: lots",
        "nr_concurrent_plugins: many",
    ] {
        let key = line.split(':').next().expect("a key");
        let address =
            if key == "bind_port" { "bind_host: 127.0.0.1" } else { "bind_host: 127.0.0.1\nbind_port: {{PORT}}" };
        let output = start_in_vain(&hello().address(address).top(line));
        expect_line(&output.stderr, &["smokerd.yaml:", key]);
    }
}

#[test]
fn anchors_and_merge_keys_work() {
    let config = Config::new()
        .plugin("a", "&common\nCommand: echo %(Word)s\nWord: one\nTags: [x]")
        .plugin("b", "<<: *common\nWord: two");
    let daemon = Daemon::start(config);
    daemon.run("a").expect_ok(&["one"]);
    daemon.run("b").expect_ok(&["two"]);
}

#[test]
fn includes_that_lead_in_a_circle_are_named() {
    let config = Config::whole("bind_host: 127.0.0.1\nbind_port: {{PORT}}\nplugins: !include one.yaml\n")
        .file("one.yaml", "a: !include two.yaml\n")
        .file("two.yaml", "b: !include one.yaml\n");
    let stderr = start_in_vain(&config).stderr;
    assert!(stderr.contains("one.yaml") && stderr.contains("two.yaml"), "{stderr}");
    expect_line(&stderr, &["two.yaml:1"]);
}

#[test]
fn an_error_in_an_included_file_names_that_file_and_line() {
    let config = Config::whole(
        "bind_host: 127.0.0.1\nbind_port: {{PORT}}\ntemplates: {BasePlugin: {}}\nplugins: !include plugins.yaml\n",
    )
    .file("plugins.yaml", "a:\n  Command: 'true'\nb:\n  Command: 'unfinished\n");
    expect_line(&start_in_vain(&config).stderr, &["plugins.yaml:"]);
}

#[test]
fn without_an_address_it_is_the_local_one() {
    let daemon = Daemon::start(hello().address("bind_port: {{PORT}}"));
    assert_eq!(daemon.get("/").status, 200);
    expect_line(&daemon.log(), &[&format!("Starting webserver on 127.0.0.1:{}", daemon.address().port())]);
}

#[test]
fn without_a_port_it_is_8086() {
    let mut daemon = Boot::of(hello().address("")).prepare();
    daemon.spawn(&mut daemon.command());
    // Somebody else may have the port; then the refusal names it.
    let is_named = |daemon: &Daemon| daemon.console().contains("127.0.0.1:8086");
    wait::until_true("the address to be named", || is_named(&daemon) || !daemon.is_running());
    assert!(is_named(&daemon), "{}", daemon.console());
}

#[test]
fn a_name_binds_every_address_that_it_has() {
    let daemon = Daemon::start(hello().address("bind_host: localhost\nbind_port: {{PORT}}"));
    let addresses: Vec<SocketAddr> =
        ("localhost", daemon.address().port()).to_socket_addrs().expect("it has some").collect();
    for address in addresses {
        TcpStream::connect_timeout(&address, Duration::from_secs(5))
            .unwrap_or_else(|error| panic!("{address}: {error}"));
    }
}

#[test]
fn a_name_without_addresses_ends_the_start() {
    let output = start_in_vain(&hello().address("bind_host: no.such.host.invalid\nbind_port: {{PORT}}"));
    assert!(output.stderr.contains("no.such.host.invalid"), "{}", output.stderr);
}

#[test]
fn an_open_door_is_warned_of() {
    let warned = |daemon: &Daemon| daemon.log().lines().any(|line| line.contains("WARN") && line.contains("allow"));
    let open = "bind_host: 0.0.0.0\nbind_port: {{PORT}}";
    assert!(warned(&Daemon::start(hello().address(open))));
    assert!(!warned(&Daemon::start(hello().address(open).top("allow: [127.0.0.0/8]"))));
    assert!(!warned(&Daemon::start(hello())));
}

#[test]
fn the_verbose_log_tells_what_was_loaded() {
    let daemon = Boot::of(hello()).start();
    let log = daemon.log();
    for line in ["Starting daemon", "Loaded plugin hello", &format!("Starting webserver on {}", daemon.address())] {
        expect_line(&log, &[line]);
    }
}
