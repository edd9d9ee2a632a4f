//! What else a daemon does while a gate waits: runs of its schedule, and how many runs it lets a client force.

use std::fs::{self, File};
use std::process::Stdio;

use serde_json::json;
use smoker_tests::cli::Output;
use smoker_tests::config::Config;
use smoker_tests::http::{ANSWER_LIMIT, Request};
use smoker_tests::started::Started;
use smoker_tests::wait;

use super::{Host, Operator};

/// A component of a plugin that has settled becomes this, and only then everything else is good.
fn gate_while_a_component_becomes(number: u8, status: &str, options: &str) -> Output {
    let report = "echo \"{\\\"status\\\": \\\"OK\\\", \\\"messages\\\": null, \\\"componentResults\\\": {\\\"part\\\": \
                  {\\\"status\\\": \\\"$(cat {{DIR}}/status)\\\", \\\"messages\\\": null}}}\"\n";
    let config = Config::new()
        .file("status", "OK")
        .file("report.sh", report)
        .plugin("Parts", "Command: sh {{DIR}}/report.sh\nInterval: 0.2")
        .plugin("Late", "Command: test -e {{DIR}}/good");
    let host = Host::start(number, config);
    let operator = Operator::of([&host]);
    let daemon = &host.daemon;
    let mut command = operator.command(&format!("gate -g prod --within 8s --every 200ms {options}"));
    let gate = std::thread::spawn(move || smoker_tests::cli::run(&mut command));
    let get = |path: &str| {
        let answer = Request::get(path).send(host.address, ANSWER_LIMIT).expect("an answer");
        (answer.status, answer.text())
    };
    wait::until_true("the first round", || get("/processes/1").0 == 200);
    fs::write(daemon.path("status"), status).expect("writable");
    let part = format!("{{\"componentResult\": {{\"status\": \"{status}\"");
    wait::until_true("the component", || get("/plugins/Parts").1.contains(&part));
    fs::write(daemon.path("good"), "").expect("writable");
    gate.join().expect("no panic")
}

#[test]
fn a_component_that_the_schedule_finds_bad_keeps_a_gate_closed() {
    let output = gate_while_a_component_becomes(16, "ERROR", "");
    output.expect_code(3);
    assert!(output.stdout.contains("Parts / part: failure"), "{}", output.stdout);
}

#[test]
fn a_warning_of_the_schedule_counts_where_warnings_are_bad() {
    gate_while_a_component_becomes(17, "WARN", "--fail-on WARN").expect_code(3);
}

/// A daemon that lets a client force few runs a second has answered: its rounds take longer, and it is not silent.
#[test]
fn a_daemon_that_asks_to_wait_is_waited_for() {
    let config =
        Config::new().top("max_forced_rate: 1").plugin("One", "Command: 'true'").plugin("Two", "Command: 'true'");
    let host = Host::start(18, config);
    let operator = Operator::of([&host]);
    let output = operator.smokercli("gate -g prod --within 60s --every 100ms --settle 3 -o json");
    output.expect_code(0);
    let report: serde_json::Value = serde_json::from_str(&output.stdout).expect("JSON");
    assert_eq!(report["hosts"][0]["parts"][0]["goodRounds"], 3, "{report}");
}

/// The end of a long run is no answer about the plugins that were good before it began.
#[test]
fn what_turns_bad_while_another_plugin_runs_has_to_be_good_again() {
    let config = Config::new()
        .plugin("Quick", "Command: echo x >> {{DIR}}/runs; test ! -e {{DIR}}/bad")
        .plugin("Slow", "Command: until test -e {{DIR}}/good; do sleep 0.05; done\nTimeout: 110");
    let host = Host::start(19, config);
    let operator = Operator::of([&host]);
    let daemon = &host.daemon;
    let report = File::create(operator.0.path().join("report.json")).expect("writable");
    let line = "gate -g prod --within 120s --every 200ms -o json --no-progress";
    let mut gate = Started::spawn(operator.command(line).stdout(report).stderr(Stdio::null())).expect("it starts");
    let is = |status: &str| {
        let page = Request::get("/plugins/Quick").send(host.address, ANSWER_LIMIT).expect("an answer").json();
        page["plugin"]["lastResult"]["status"] == status
    };
    wait::until_true("the run of the gate", || is("OK"));
    File::create(daemon.path("bad")).expect("writable");
    // In the place of its schedule.
    let force = Request::post("/processes", json!({"process": {"plugins": ["Quick"]}}).to_string());
    force.send(host.address, ANSWER_LIMIT).expect("an answer");
    wait::until_true("a bad result", || is("ERROR"));
    File::create(daemon.path("good")).expect("writable");
    let runs = || fs::read_to_string(daemon.path("runs")).unwrap_or_default().lines().count();
    wait::until_true("another run by the gate", || runs() > 2);
    assert!(gate.is_running(), "it is bad");
    fs::remove_file(daemon.path("bad")).expect("it is there");
    assert_eq!(gate.exit_within(wait::DEADLINE), Some(0), "{}", operator.read("report.json"));
}
