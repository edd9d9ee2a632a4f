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

/// A canned daemon with these results, each a plugin of the name of its member.
fn daemon_of(plugins: &serde_json::Value) -> Fake {
    let items: Vec<_> = plugins
        .as_object()
        .expect("plugins")
        .iter()
        .map(|(name, plugin)| {
            let mut plugin = plugin.clone();
            plugin["name"] = json!(name);
            json!({"plugin": plugin})
        })
        .collect();
    let mut spec = host("solo");
    spec["plugins"] = json!({"plugins": {"items": items}});
    Fake::start(&spec)
}

#[test]
fn each_plugin_is_one_line_whatever_its_name_and_message() {
    let daemon = daemon_of(&json!({
        "a\nOK - forged - fine": {"lastResult": {"status": "ERROR", "messages": {"error": ["x | y\nOK - forged - fine\r\u{2028}z"]}}},
        "b\nOK - forged": {"lastResult": {"status": "OK", "lastRun": "2020-01-01T00:00:00", "messages": null}},
        "c": {"lastResult": {"status": "WARN", "componentResults": [
            {"componentResult": {"name": "d\nOK - forged - fine", "status": "WARN", "messages": null}}]}},
    }));
    let done = check(&["-H", daemon.address(), "a\nOK - forged - fine", "b\nOK - forged", "c"]);
    assert_eq!((done.code, done.stdout.lines().count()), (Some(2), 4), "{}", done.stdout);
    assert!(!done.stdout.contains("\nOK - forged") && !done.stdout.contains('|'), "{}", done.stdout);
}

#[test]
fn a_monitoring_plugin_keeps_its_text_its_data_and_its_unknown() {
    let result = |status: &str, exit: i64, level: &str, text: &str| {
        json!({"parameters": {"Parser": "nagios"},
               "lastResult": {"status": status, "exitStatus": exit, "messages": {level: [text]},
                              "perfdata": [{"label": "/", "value": 42, "unit": "%", "warn": "80", "crit": "90"}]}})
    };
    let daemon = daemon_of(&json!({
        "disk": result("OK", 0, "info", "DISK OK | free"),
        "odd": result("ERROR", 3, "error", "DISK UNKNOWN"),
        "new": {"lastResult": null},
        "quiet": {"lastResult": {"status": "ERROR", "messages": null, "exitStatus": 4}},
        "chatty": {"lastResult": {"status": "ERROR", "messages": {"info": ["see there"], "error": []}}},
        "parts": {"lastResult": {"status": "ERROR", "messages": null, "componentResults": [
            {"componentResult": {"name": "k", "status": "ERROR", "messages": {"info": [], "error": [], "warn": []}}}]}},
    }));
    for (name, code, text) in [
        ("disk", 0, "OK: DISK OK ¦ free | /=42%;80;90\n"),
        ("odd", 3, "UNKNOWN: DISK UNKNOWN | /=42%;80;90\n"),
        ("new", 3, "UNKNOWN: plugin new has not run yet\n"),
        ("quiet", 2, "CRITICAL: smoke test: quiet: exit status 4\n"),
        ("chatty", 2, "CRITICAL: see there\n"),
        ("parts", 2, "CRITICAL: smoke test: parts k: ERROR: ; \n"),
    ] {
        let done = check(&["-H", daemon.address(), name]);
        assert_eq!((done.code, done.stdout.as_str()), (Some(code), text));
    }
    let done = check(&["-H", daemon.address(), "disk", "odd"]);
    assert!(
        done.stdout.starts_with("UNKNOWN: UNKNOWN: 1, OK: 1 | disk::/=42%;80;90 odd::/=42%;80;90\n"),
        "{}",
        done.stdout
    );
}

#[test]
fn a_stale_result_is_unknown_unless_it_is_an_error() {
    let at = |status: &str, utc: &str| {
        json!({"lastResult": {"status": status, "lastRun": "2020-01-01T00:00:00", "lastRunUtc": utc,
                                                             "messages": null}})
    };
    let now = std::process::Command::new("date").args(["-u", "+%Y-%m-%dT%H:%M:%SZ"]).output().expect("date");
    let now = String::from_utf8_lossy(&now.stdout).trim().to_owned();
    let daemon = daemon_of(
        &json!({"old": at("OK", "2020-01-01T00:00:00Z"), "fresh": at("OK", &now), "ahead": at("OK", "2999-01-01T00:00:00+01:00"),
                                   "bad": at("ERROR", "2020-01-01T00:00:00Z")}),
    );
    for (name, code, words) in [
        ("old", 3, "s old, more than 60 s"),
        ("fresh", 0, "succeeded"),
        ("ahead", 3, "s ahead of this host's clock"),
        ("bad", 2, "no message"),
    ] {
        let done = check(&["-H", daemon.address(), "--max-age", "60", name]);
        assert!(done.code == Some(code) && done.stdout.contains(words), "{name}: {done:?}");
    }
}

#[test]
fn a_name_that_the_daemon_lacks_is_unknown_beside_others_and_an_error_wins() {
    let daemon =
        daemon_of(&json!({"good": {"lastResult": {"status": "OK"}}, "bad": {"lastResult": {"status": "ERROR"}}}));
    let done = check(&["-H", daemon.address(), "good", "nosuch"]);
    assert!(done.code == Some(3) && done.stdout.contains("plugin nosuch not found"), "{done:?}");
    assert_eq!(check(&["-H", daemon.address(), "good", "nosuch", "bad"]).code, Some(2));
}
