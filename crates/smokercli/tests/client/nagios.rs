//! `check_smoker_plugin` beyond the recordings.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::corpus::host;
use crate::fake::Fake;
use crate::run::{CHECK, Done, Run};

fn check(arguments: &[&str]) -> Done {
    Run::of(CHECK).args(arguments).done()
}

#[test]
fn it_answers_before_its_time_is_up() {
    let hanging = Fake::start(&host("fail-hang"));
    let start = Instant::now();
    let done = check(&["-H", hanging.address(), "-t", "3", "disk"]);
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    assert_eq!(done.code, Some(3));
    assert!(done.stdout.starts_with("UNKNOWN: no answer of 127.0.0.1:"), "{}", done.stdout);
}

#[test]
fn a_command_line_that_cannot_be_understood_is_unknown_not_critical() {
    let done = check(&["--bogus"]);
    assert_eq!(done.code, Some(3));
    assert_eq!(done.stdout, "UNKNOWN: unexpected argument '--bogus' found; see --help\n");
}

#[test]
fn a_daemon_that_cannot_be_asked_is_named() {
    let down = Fake::start(&host("fail-refuse"));
    let done = check(&["-H", down.address(), "disk"]);
    let start = format!("UNKNOWN: Host {0}: can't open resource http://{0}/: ", down.address());
    assert!(done.stdout.starts_with(&start), "{}", done.stdout);
}

#[test]
fn a_plugin_without_a_result_of_its_run_is_unknown_beside_the_others() {
    let mut spec = host("nagios");
    spec["forced"].as_object_mut().expect("an object").shift_remove("disk");
    let fake = Fake::start(&spec);
    let done = check(&["-H", fake.address(), "-f", "ping", "disk"]);
    assert!(done.stdout.contains("UNKNOWN - disk - the forced run gave no result"), "{}", done.stdout);
}

#[test]
fn names_are_found_without_case_and_controls_are_not_passed_on() {
    let mut spec = host("nagios");
    let items = spec["plugins"]["plugins"]["items"].as_array_mut().expect("a list");
    let plugin = items.iter_mut().find(|item| item["plugin"]["name"] == "disk").expect("the plugin");
    plugin["plugin"]["lastResult"]["messages"]["error"] = json!(["\u{1b}[2Jfull\nvery"]);
    let fake = Fake::start(&spec);
    let done = check(&["-H", fake.address(), "DISK"]);
    assert_eq!((done.code, done.stdout.as_str()), (Some(2), "CRITICAL: \\x1b[2Jfull\nvery\n"));
}
