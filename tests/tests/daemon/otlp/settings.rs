//! `otlp` of the configuration: reloads, secrets, mistakes.

use std::fs;

use nix::sys::signal::Signal;
use serde_json::Value as Json;
use smoker_tests::boot::Boot;
use smoker_tests::cli;
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::otlp::collector::{OtlpCollector, Reaction, attribute};
use smoker_tests::sandbox::Sandbox;
use smoker_tests::wait;

fn base() -> Config {
    Config::new().top("state_dir: '{{DIR}}/state'").plugin("a", "Command: echo a")
}

fn with(collector: &OtlpCollector) -> Config {
    base().top(&format!("otlp: {{endpoint: '{}', interval: 1s}}", collector.endpoint()))
}

#[test]
fn a_reload_begins_changes_and_ends_what_is_sent() {
    let (first, second) = (OtlpCollector::start(), OtlpCollector::start());
    let daemon = Daemon::start(base());
    let _ = daemon.run("a");
    assert!(!daemon.get("/metrics").text().contains("smoker_otlp_"));

    let _ = daemon.reload(&with(&first));
    let _ = daemon.run("a");
    wait::until_true("the result of after the reload", || first.records().len() == 1);
    let _ = first.metric("smoker_plugins");

    let _ = daemon.reload(&with(&second));
    let _ = daemon.run("a");
    wait::until_true("the next result", || second.records().len() == 1);
    assert_eq!(first.records().len(), 1, "neither has what the other one has");

    let _ = daemon.reload(&base());
    let _ = daemon.run("a");
    wait::until_true("the position to be forgotten", || {
        fs::read_to_string(daemon.path("state/otlp")).is_ok_and(|text| text.is_empty())
    });
    let _ = daemon.reload(&with(&second));
    let _ = daemon.run("a");
    wait::until_true("the result of after the last reload", || second.records().len() == 2);
    assert!(daemon.log().contains("otlp"), "{}", daemon.log());
}

/// The number of the newest result that a collector has, as it is kept.
fn kept(daemon: &Daemon) -> String {
    fs::read_to_string(daemon.path("state/otlp")).unwrap_or_default()
}

/// Ends the daemon, and starts it with this configuration.
fn restart(daemon: &mut Daemon, config: &Config) {
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait_for_exit(), 0);
    daemon.write(config);
    daemon.try_start().expect("it starts again");
}

#[test]
fn another_collector_goes_on_where_the_one_before_was_unless_there_was_none_between() {
    let (first, second) = (OtlpCollector::start(), OtlpCollector::start());
    let mut daemon = Daemon::start(base());
    assert!(!daemon.path("state/otlp").exists(), "nothing is kept without a collector");
    restart(&mut daemon, &with(&first));
    let _ = daemon.run("a");
    wait::until_true("the first result", || first.records().len() == 1);
    wait::until_true("that to be kept", || kept(&daemon).trim().parse::<u64>().is_ok_and(|number| number > 0));

    // What the first one has not taken is for the one in its place.
    first.react(Reaction::Close);
    let _ = daemon.run("a");
    restart(&mut daemon, &with(&second));
    let _ = daemon.run("a");
    wait::until_true("both results", || second.records().len() == 2);

    // A time without: what was then is for nobody, and a daemon that was killed before has forgotten its place, too.
    daemon.signal(Signal::SIGKILL);
    let _ = daemon.wait_for_exit();
    daemon.write(&base());
    daemon.try_start().expect("it starts again");
    assert_eq!(kept(&daemon), "");
    let _ = daemon.run("a");
    first.take_all();
    restart(&mut daemon, &with(&first));
    let _ = daemon.run("a");
    wait::until_true("the newest result", || first.records().len() == 2);
    let numbers = |collector: &OtlpCollector| -> Vec<u64> {
        let number = |record: &Json| attribute(record, "sequence")["intValue"].as_str()?.parse().ok();
        collector.records().iter().filter_map(number).collect()
    };
    let (mut all, taken) = (numbers(&first), numbers(&second));
    let newest = all.pop().expect("two results");
    assert!(all[0] < taken[0] && taken[1] < newest, "{all:?}, {taken:?}, {newest}");
    let page = daemon.get("/results?limit=100").json();
    let results = page["results"].as_array().map_or(0, Vec::len);
    assert_eq!(results, 5, "one of the five was sent to nobody: {page}");
}

#[test]
fn headers_of_files_and_variables_are_sent_and_never_shown() {
    let collector = OtlpCollector::start();
    let config = base()
        .top(&format!(
            "otlp:\n  endpoint: {}\n  headers: {{Authorization: !file token, X-Env: !env SMOKER_TEST_OTLP, X-Plain: plain}}",
            collector.endpoint()
        ))
        .file("token", "Bearer of-a-file\n");
    let mut daemon = Boot::of(config).environment("SMOKER_TEST_OTLP", "of-a-variable").prepare();
    fs::set_permissions(daemon.path("token"), std::os::unix::fs::PermissionsExt::from_mode(0o600))
        .expect("permissions");
    daemon.try_start().expect("it starts");
    let _ = daemon.run("a");
    wait::until_true("the result", || collector.records().len() == 1);
    let headers = &collector.requests("/v1/logs")[0].headers;
    for (name, value) in [("authorization", "Bearer of-a-file"), ("x-env", "of-a-variable"), ("x-plain", "plain")] {
        assert!(headers.contains(&(name.to_owned(), value.to_owned())), "{headers:?}");
    }
    let shown = [daemon.log(), daemon.get("/plugins").text(), daemon.get("/metrics").text(), daemon.console()].concat();
    assert!(!shown.contains("of-a-file") && !shown.contains("of-a-variable"), "{shown}");
}

/// It is the daemon itself, whose certificate no authority of the system has signed.
#[test]
fn a_collector_whose_certificate_is_not_trusted_gets_nothing() {
    let config =
        base().top("otlp: {endpoint: 'https://127.0.0.1:{{PORT}}', interval: 1s, headers: {X-Key: sesame-sesame}}");
    let daemon = Daemon::start(config);
    let _ = daemon.run("a");
    wait::until_true("both to be refused", || {
        let log = daemon.log();
        ["metrics", "logs"].iter().all(|signal| log.contains(&format!("/v1/{signal}: its certificate is not trusted")))
    });
    let page = daemon.get("/metrics").text();
    assert!(page.contains("smoker_otlp_sent_total{signal=\"logs\"} 0\n"), "{page}");
    assert!(!daemon.log().contains("POST /v1/"), "{}", daemon.log());
}

#[test]
fn mistakes_are_named_with_file_and_line() {
    let cases = [
        (
            "otlp: {endpint: 'http://a'}",
            "'endpint', which is none of endpoint, headers, interval, compression, ca_file; did you mean endpoint?",
        ),
        ("otlp: {endpoint: 'http://a', headers: {Authorization: 5}}", "otlp.headers.Authorization has to be text"),
        ("otpl: {endpoint: 'http://a'}", "did you mean otlp?"),
    ];
    for (line, expected) in cases {
        let sandbox = Sandbox::new();
        base().top(line).write(&sandbox).expect("writable");
        let output = cli::smokerd(&sandbox, &["--check", "-c", "{{DIR}}/smokerd.yaml"]);
        let text = output.text();
        let found = text.lines().find(|text| text.contains(expected)).unwrap_or_else(|| panic!("{text}"));
        assert!(found.contains("smokerd.yaml:"), "{found}");
    }
}
