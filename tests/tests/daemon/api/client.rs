//! The real client against the real daemon.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::thread;

use nix::sys::signal::Signal;
use regex::Regex;
use serde_json::Value as Json;
use smoker_tests::binary;
use smoker_tests::boot::Boot;
use smoker_tests::cli::{self, Output};
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::http;
use smoker_tests::wait;

/// Writes a line when it begins and ends when the file `go` exists.
const WAITING: &str = "Command: echo x >> {{DIR}}/begun; while ! test -e {{DIR}}/go; do sleep 0.05; done\nTimeout: 60";

/// What a check of mounted file systems could print.
const FSMOUNT: &str = r#"{"status": "ERROR", "messages": null, "componentResults": {"/backup": {"status": "ERROR",
    "messages": {"info": ["Access: listed 2 items in directory"], "error": ["Read-only file system"], "warn": []}}}}"#;

/// What a check of a cache could print.
const VARNISH: &str = r#"{"status": "WARN", "messages": null, "componentResults": {
    "www01": {"status": "OK", "messages": {"info": ["Response time: 0.010631"], "error": [], "warn": []}},
    "www02": {"status": "WARN", "messages": {"info": [], "error": [], "warn": ["Response time: 1.523"]}}}}"#;

/// Runs one of the client's programs with a home that holds this configuration.
fn client(program: &str, config: &str, arguments: &[&str]) -> Output {
    let home = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(home.path().join(".smokercli.yaml"), config).expect("it is writable");
    let mut command = Command::new(binary::path(program));
    command.args(arguments).env("HOME", home.path()).env("NO_COLOR", "1").current_dir(home.path()).process_group(0);
    cli::run(&mut command)
}

fn smokercli(arguments: &[&str]) -> Output {
    client("smokercli", "", arguments)
}

fn documented() -> Config {
    Config::new()
        .file("fsmount.json", FSMOUNT)
        .file("varnish.json", VARNISH)
        .plugin("fsmount", "Command: cat {{DIR}}/fsmount.json\nType: smokeTest\nCategory: system")
        .plugin("git-refresh", "Command: echo No local changes to save\nCategory: development")
        .plugin("varnish", "Command: cat {{DIR}}/varnish.json\nType: smokeTest\nCategory: infrastructure")
}

fn host_name(daemon: &Daemon) -> String {
    daemon.get("/").json()["about"]["host"].as_str().expect("a name").to_owned()
}

fn without_dates(text: &str) -> String {
    let date = Regex::new(r"\(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\)").expect("a valid pattern");
    let date = date.replace_all(text, "(DATE)");
    let time = Regex::new(r"(Started|Duration): [-\dT:.]+").expect("a valid pattern");
    time.replace_all(&date, "$1: N").into_owned()
}

#[test]
fn the_documented_command_lines_print_what_the_documentation_shows() {
    let daemon = Daemon::start(documented());
    let config = format!("bind_port: {}\n", daemon.address().port());
    let run = |line: &str| client("smokercli", &config, &line.split_whitespace().collect::<Vec<_>>());
    let host = host_name(&daemon);

    let fresh = run("");
    fresh.expect_code(0);
    assert!(fresh.stdout.contains("- varnish                          [UNKNOWN]\n"), "{}", fresh.stdout);

    let varnish = run("-o long -p Varnish -f");
    let expected = format!(
        "{host:<34} [WARN]\n\
         - varnish                          [WARN] (DATE)\n  \
         Started: NZ\n  Duration: N s\n  Exit status: 0\n \
         -- www01                          [OK]\n    \
         [info] Response time: 0.010631\n \
         -- www02                          [WARN]\n    \
         [warn] Response time: 1.523\n"
    );
    assert_eq!(without_dates(&varnish.stdout), expected);

    let smoke = run("--smoke -f");
    let expected = format!(
        "{host:<34} [ERROR]\n\
         - fsmount                          [ERROR] (DATE)\n \
         -- /backup                        [ERROR]\n    \
         [error] Read-only file system\n\
         - varnish                          [WARN] (DATE)\n \
         -- www02                          [WARN]\n    \
         [warn] Response time: 1.523\n"
    );
    assert_eq!(without_dates(&smoke.stdout), expected);

    std::fs::write(daemon.path("fsmount.json"), "all is well").expect("it is ours");
    let repaired = run("--smoke --error -f");
    let expected = format!("{host:<34} [OK]\n- fsmount                          [OK] (DATE)\n");
    assert_eq!(without_dates(&repaired.stdout), expected);

    let nothing = run("--smoke --error -f");
    nothing.expect_code(1);
    assert_eq!(nothing.stderr, "ERROR: No plugins found\n");
}

#[test]
fn a_daemon_that_dies_in_the_middle_is_listed_and_stops_nobody() {
    let [first, second, third] = loopback_addresses();
    let quick = || Config::new().plugin("check", "Command: echo fine");
    let first = Neighbour::start(first, quick());
    let dying = Neighbour::start(second, Config::new().plugin("check", WAITING));
    let last = Neighbour::start(third, quick());
    let addresses = [&first, &dying, &last].map(|daemon| daemon.address.to_string());
    let [a, b, c] = addresses.each_ref().map(String::as_str);
    let output = thread::scope(|scope| {
        let run = scope.spawn(|| smokercli(&["-s", a, b, c, "-f", "-e", "-o", "json"]));
        wait::until_true("the run to begin", || dying.daemon.path("begun").exists());
        dying.daemon.signal(Signal::SIGKILL);
        run.join().expect("the client ends")
    });
    output.expect_code(69);
    let report: Json = serde_json::from_str(&output.stdout).expect("the report is JSON");
    let hosts: Vec<_> = report.as_object().expect("hosts by name").values().collect();
    let states: Vec<_> = hosts.iter().map(|host| host["status"].as_str().unwrap_or_default()).collect();
    assert_eq!(states, ["OK", "UNREACHABLE", "OK"], "{}", output.text());
    let reason = hosts[1]["error"].as_str().unwrap_or_default();
    // The request that forces the run waits for its end; a client that was too late for that asks again.
    let begins = ["can't open resource http://", "Polling on /processes/"];
    assert!(begins.iter().any(|text| reason.starts_with(text)) && reason.contains("/processes"), "{reason}");
    assert!(output.stderr.contains("3 hosts: 1 UNREACHABLE, 2 OK"), "{}", output.stderr);
}

/// Three addresses of this machine. Where 127.0.0.1 is the only one, as on
/// macOS, it serves three times, and that is said past the test's captured output.
fn loopback_addresses() -> [Ipv4Addr; 3] {
    let addresses = [1, 2, 3].map(|last| Ipv4Addr::new(127, 0, 0, last));
    if addresses.iter().all(|address| TcpListener::bind((*address, 0)).is_ok()) {
        return addresses;
    }
    let _ = writeln!(std::io::stderr(), "NOTE: only 127.0.0.1 can be used here; three daemons share it");
    [Ipv4Addr::LOCALHOST; 3]
}

/// A daemon at an address of its own. Dropping it ends it.
struct Neighbour {
    daemon: Daemon,
    address: SocketAddr,
}

impl Neighbour {
    fn start(address: Ipv4Addr, config: Config) -> Self {
        let config = config.address(&format!("bind_host: {address}\nbind_port: {{{{PORT}}}}"));
        let mut daemon = Boot::of(config).prepare();
        daemon.spawn(&mut daemon.command());
        let address = SocketAddr::from((address, daemon.sandbox.port()));
        wait::until_true("the daemon to serve", || {
            assert!(daemon.is_running(), "no start: {}", daemon.sandbox.stderr());
            http::answers(address)
        });
        Self { daemon, address }
    }
}

#[test]
fn the_check_speaks_for_the_daemon() {
    let daemon = Daemon::start(documented());
    let address = daemon.address().to_string();
    let check =
        |arguments: &[&str]| client("check_smoker_plugin", "", &[&["-H", &address, "-t", "20"], arguments].concat());
    let never = check(&["varnish"]);
    never.expect_code(3);
    assert_eq!(never.stdout, "UNKNOWN: plugin varnish has not run yet\n");
    let forced = check(&["-f", "--category", "system"]);
    forced.expect_code(2);
    assert_eq!(forced.stdout, "CRITICAL: smoke test: fsmount /backup: ERROR: Read-only file system; \n");
    check(&["nosuch"]).expect_code(3);
}

/// A plugin that was left out is on no page: a header names it, and the client says so beside what it prints before.
#[test]
fn plugins_that_are_not_loaded_are_named_to_clients() {
    let config = Config::new()
        .plugin("good", "Command: 'true'")
        .plugin("odd, č", "Command: 'true'\nTimeout: never")
        .plugin("timeless", "Command: 'true'\nTimeout: 0");
    let daemon = Daemon::start(config);
    let page = daemon.get("/plugins");
    assert_eq!(page.header("smoker-not-loaded"), Some("2; odd%2C%20%C4%8D, timeless"));
    let host = daemon.address().to_string();
    let shown = smokercli(&["-s", &host, "-o", "minimal"]);
    shown.expect_code(0);
    assert!(!shown.stdout.contains("timeless"), "{}", shown.stdout);
    let told = format!("WARNING: Host {}: 2 plugins are not loaded (odd, č, timeless)", host_name(&daemon));
    assert_eq!(shown.stderr.matches(&told).count(), 1, "{}", shown.stderr);
    let _ = daemon.reload(&Config::new().plugin("good", "Command: 'true'"));
    wait::until_true("a page without the header", || daemon.get("/plugins").header("smoker-not-loaded").is_none());
    assert!(smokercli(&["-s", &host]).stderr.is_empty());
}
