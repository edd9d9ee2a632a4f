//! Daemons that are restarted in the middle of a gate.

use std::fs::{self, File};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value as Json;
use smoker_tests::config::Config;
use smoker_tests::http::Request;
use smoker_tests::started::Started;
use smoker_tests::wait;

use super::{Host, Operator};

/// Good only when the new version is there; each run leaves a line.
const VERSION: &str = "Command: echo x >> {{DIR}}/runs; test -e {{DIR}}/healthy\nTimeout: 10";

fn host(number: u8) -> Host {
    Host::start(number, Config::new().plugin("Version", VERSION).plugin("Other", "Command: echo fine"))
}

fn runs(host: &Host) -> usize {
    fs::read_to_string(host.daemon.path("runs")).unwrap_or_default().lines().count()
}

#[test]
fn restarted_daemons_are_waited_for_and_one_that_stays_away_keeps_the_gate_closed() {
    let mut hosts: Vec<_> = [2, 3, 4].map(host).into();
    let operator = Operator::of(&hosts);
    let report = File::create(operator.0.path().join("report.json")).expect("writable");
    let line = "gate -g prod --within 60s --settle 2 --every 200ms -o json --no-progress";
    let mut gate = Started::spawn(operator.command(line).stdout(report).stderr(Stdio::null())).expect("it starts");
    for host in &mut hosts {
        wait::until_true("two rounds of the host", || runs(host) >= 2);
        host.end();
        // The gate meets a closed port meanwhile.
        std::thread::sleep(Duration::from_millis(500));
        File::create(host.daemon.path("healthy")).expect("writable");
        host.begin();
    }
    assert_eq!(gate.exit_within(wait::DEADLINE), Some(0), "{}", operator.read("report.json"));
    let report: Json = serde_json::from_str(&operator.read("report.json")).expect("a report");
    assert_eq!(report["decision"], "proceed");
    assert_eq!(report["counts"], serde_json::json!({"good": 6}));

    hosts[1].end();
    let begin = Instant::now();
    let output = operator.smokercli("gate -g prod --within 2s --settle 2 --every 200ms");
    output.expect_code(3);
    assert!(begin.elapsed() < Duration::from_secs(3), "{:?}", begin.elapsed());
    let silent = format!("{}: silent, starting again: ", hosts[1].address);
    assert!(output.stdout.starts_with("NOT SETTLED after 2.0 s: 2 of 3 hosts settled, 1 silent"), "{}", output.stdout);
    assert!(output.stdout.contains(&silent), "{}", output.stdout);
    // A budget waits for it until the deadline, and lets it pass then.
    let output = operator.smokercli("gate -g prod --within 2s --every 200ms --allow-bad 1");
    output.expect_code(0);
    let output = operator.smokercli("gate -g prod --within 1s --every 200ms --min-ok 100% --limit 127.0.0.3 127.0.0.4");
    output.expect_code(3);
}

fn instance(host: &Host) -> String {
    let page = Request::get("/").send(host.address, Duration::from_secs(20)).expect("an answer");
    page.header("smoker-instance").expect("a header").to_owned()
}

/// No round meets a closed port, since what is settled is not asked any more.
#[test]
fn a_daemon_that_was_restarted_between_rounds_has_to_settle_again() {
    let (mut host, late) = (self::host(10), self::host(11));
    File::create(host.daemon.path("healthy")).expect("writable");
    let operator = Operator::of([&host, &late]);
    let report = File::create(operator.0.path().join("report.json")).expect("writable");
    let line = "gate -g prod --within 120s --settle 2 --every 200ms -o json --no-progress";
    let mut gate = Started::spawn(operator.command(line).stdout(report).stderr(Stdio::null())).expect("it starts");
    // The second run of a host begins when the gate knows of the first.
    wait::until_true("two rounds of both hosts", || runs(&host) >= 2 && runs(&late) >= 2);
    let settled = Instant::now();
    let first = instance(&host);
    assert_eq!(first, instance(&host), "it is one of the daemon, not of an answer");
    host.end();
    // From now on it is bad.
    fs::remove_file(host.daemon.path("healthy")).expect("it is there");
    host.begin();
    assert_ne!(first, instance(&host));
    let before = runs(&host);
    // The gate asks a host once more of which the answer is older than a second.
    wait::until_true("an answer that is old", || settled.elapsed() > Duration::from_secs(2));
    File::create(late.daemon.path("healthy")).expect("writable");
    wait::until_true("a run of the daemon that was restarted", || runs(&host) > before);
    assert!(gate.is_running(), "it is bad");
    File::create(host.daemon.path("healthy")).expect("writable");
    assert_eq!(gate.exit_within(wait::DEADLINE), Some(0), "{}", operator.read("report.json"));
    let report: Json = serde_json::from_str(&operator.read("report.json")).expect("a report");
    assert_eq!((&report["hosts"][0]["restarts"], &report["hosts"][1]["restarts"]), (&1.into(), &0.into()), "{report}");
}
