//! What a newer daemon says of a run, TAP 14, and secrets.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::run::{Done, Run, SMOKERCLI};
use crate::site::{Site, daemon_pages, plugin};

fn site(plugins: &[Value]) -> (Site, String) {
    let site = Site::start(daemon_pages("", plugins));
    let address = format!("127.0.0.1:{}", site.port());
    (site, address)
}

fn smokercli(address: &str, arguments: &[&str]) -> Done {
    Run::of(SMOKERCLI).args([&["-s", address], arguments].concat()).env("COLUMNS", "200").done()
}

/// A plugin that failed without a word, and one that measured something.
fn told() -> Vec<Value> {
    let (mut silent, mut disk) = (plugin("silent", &[]), plugin("disk", &["full".to_owned()]));
    for (name, value) in [
        ("duration", json!(0.25)),
        ("lastRunUtc", json!("2026-01-01T00:00:00.5Z")),
        ("exitStatus", json!(3)),
        ("perfdata", Value::Null),
    ] {
        silent["lastResult"][name] = value.clone();
        disk["lastResult"][name] = value;
    }
    silent["lastResult"]["messages"] = Value::Null;
    disk["lastResult"]["perfdata"] = json!([{"label": "/", "value": 91, "unit": "%", "warn": "80", "crit": "90"}]);
    vec![silent, disk]
}

#[test]
fn what_a_daemon_says_of_a_run_is_shown() {
    let (_site, address) = site(&told());
    let facts = ["Started: 2026-01-01T00:00:00.5Z", "Duration: 0.250 s", "Exit status: 3", "Perfdata: /=91%;80;90"];
    for format in ["long", "full"] {
        let done = smokercli(&address, &["-o", format]);
        for fact in facts {
            assert!(done.stdout.contains(&format!("  {fact}\n")), "{format} {fact}: {}", done.stdout);
        }
    }
    for (format, wanted) in [
        ("normal", "- silent                           [ERROR] (2026-01-01 00:00:00)\n  [error] exit status 3\n"),
        ("table", "ERROR 0.25s"),
        ("table", "h: silent: exit status 3\n"),
        ("junit", "<testsuites name=\"smoker\" tests=\"2\" failures=\"2\" errors=\"0\" time=\"0.500\">"),
        ("junit", "message=\"exit status 3\""),
        ("junit", "Perfdata: /=91%;80;90"),
        ("junit", "name=\"disk\" time=\"0.250\""),
        ("ndjson", "\"perfdata\":[{\"label\":\"/\""),
        ("ndjson", "\"exitStatus\":3"),
        ("tap14", "reason: \"exit status 3\"\n"),
    ] {
        let done = smokercli(&address, &["-o", format]);
        assert!(done.stdout.contains(wanted), "{format} {wanted}: {}", done.stdout);
    }
    let narrow = Run::of(SMOKERCLI).args(["-s", &address, "-o", "table"]).env("COLUMNS", "20").done();
    assert!(narrow.stdout.contains("0.250 s   2026-01-01T00:00:00.5Z  /=91%;80;90"), "{}", narrow.stdout);
    for format in ["minimal", "tap", "xml"] {
        let done = smokercli(&address, &["-o", format]);
        assert!(!done.stdout.contains("0.25") && !done.stdout.contains("exit status"), "{format}: {}", done.stdout);
    }
}

/// What its command printed is in info; what it did not say is in its exit status.
#[test]
fn an_action_that_failed_says_why_in_every_format() {
    let (mut printed, mut silent) = (plugin("a", &[]), plugin("b", &[]));
    printed["lastResult"]["action"] = json!({"status": "ERROR", "messages": {"info": ["mail host down"]}});
    silent["lastResult"]["action"] = json!({"status": "ERROR", "messages": null, "exitStatus": 7});
    let (_site, address) = site(&[printed, silent]);
    for format in ["minimal", "normal", "long", "full", "table", "junit", "tap14", "tap", "xml"] {
        let done = smokercli(&address, &["-o", format]);
        let said = done.stdout + &done.stderr;
        assert!(said.contains("mail host down") && said.contains("exit status 7"), "{format}: {said}");
    }
}

#[test]
fn of_several_actions_each_that_failed_is_named() {
    let mut subject = plugin("db", &[]);
    let failed = |name: &str| json!({"name": name, "status": "ERROR", "messages": {"error": [format!("no {name}")]}});
    subject["lastResult"]["action"] = failed("mail");
    subject["lastResult"]["actions"] = json!([failed("mail"), {"name": "log", "status": "OK"}, failed("page")]);
    let (_site, address) = site(&[subject]);
    let done = smokercli(&address, &["-o", "normal"]);
    let shown = "  action mail [ERROR]\n    [error] no mail\n  action page [ERROR]\n    [error] no page\n";
    assert!(done.stdout.contains(shown), "{}", done.stdout);
    let done = smokercli(&address, &["-o", "minimal"]);
    assert!(done.stderr.contains("action [ERROR] of db mail (no mail), db page (no page)"), "{}", done.stderr);
    let done = smokercli(&address, &["-o", "junit"]);
    assert!(done.stdout.contains("name=\"action page\""), "{}", done.stdout);
}

/// The failed components explain a plugin that gave no message itself.
#[test]
fn a_failure_of_junit_says_which_components_failed() {
    let mut subject = plugin("mounts", &[]);
    let part = |name: &str, status: &str, texts: &[&str]| json!({"componentResult": {"name": name, "status": status, "messages": {"error": texts}}});
    subject["lastResult"]["componentResults"] =
        json!([part("/", "OK", &[]), part("/srv", "ERROR", &["read only", "97% used"]), part("/var", "ERROR", &[])]);
    let (_site, address) = site(&[subject]);
    let done = smokercli(&address, &["-o", "junit"]);
    let reason = "<failure type=\"ERROR\" message=\"/srv: read only; 97% used\">/srv: read only; 97% used\n/var: ERROR</failure>";
    assert!(done.stdout.contains(reason), "{}", done.stdout);
    assert!(done.stdout.contains("tests=\"4\" failures=\"3\" errors=\"0\""), "{}", done.stdout);
}

#[test]
fn prove_takes_tap14_and_a_name_is_no_directive() {
    let mut fine = plugin("up # SKIP", &[]);
    fine["lastResult"]["status"] = json!("OK");
    let mut part = fine.clone();
    part["name"] = json!("part");
    part["lastResult"]["componentResults"] = json!([{"componentResult": {"name": "a # TODO", "status": "ERROR"}}]);
    let mut bad = plugin("down # TODO \\", &["line\n1..7\nok 2\n...".to_owned(), "…: 'x' # \"y\" \\".to_owned()]);
    bad["lastResult"]["messages"]["odd level: {"] =
        json!(["", "- a", "\u{1b}[2J", "disk: full", "disk : full", ":", "a b: c", "x:", "'x': y"]);
    bad["lastResult"]["messages"]["status"] = json!(["x"]);
    bad["lastResult"]["action"] = json!({"status": "ERROR", "exitStatus": 1});
    for (plugins, arguments, outcome) in [
        (vec![fine.clone()], vec![], Some(0)),
        (vec![fine.clone()], vec!["--error", "-e"], Some(0)),
        (vec![fine.clone(), bad.clone()], vec![], Some(1)),
        (vec![bad], vec![], Some(1)),
        (told(), vec![], Some(1)),
        (vec![fine.clone(), part], vec![], Some(1)),
        (vec![fine], vec!["-p", "up # SKIP", "nosuch"], Some(1)),
    ] {
        let (_site, address) = site(&plugins);
        let done = smokercli(&address, &[&["-o", "tap14"], &*arguments].concat());
        assert!(done.stdout.starts_with("TAP version 13\n1.."), "{}", done.stdout);
        assert!(!done.stdout.contains(" # TODO") && !done.stdout.contains("p # SKIP"), "{}", done.stdout);
        if Command::new("prove").arg("--version").stdout(Stdio::null()).status().is_err() {
            continue;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("report.tap");
        std::fs::write(&file, &done.stdout).expect("a file");
        let prove = Command::new("prove").arg(&file).output().expect("prove");
        let said = String::from_utf8_lossy(&prove.stdout);
        assert_eq!(prove.status.code(), outcome, "{said}\n{}", done.stdout);
        let errors = String::from_utf8_lossy(&prove.stderr);
        assert!(!said.contains("Parse errors") && errors.is_empty(), "{said}{errors}\n{}", done.stdout);
    }
}

#[test]
fn a_filter_by_a_secret_that_is_masked_is_refused() {
    let mut subject = plugin("db", &[]);
    subject["parameters"] = json!({"Password": "***", "Url": "http://u:***@h/", "Category": "***"});
    let (_site, address) = site(&[subject]);
    for (filter, key) in [("Password sesame", "Password"), ("Password ***", "Password"), ("Url http://u:x@h/", "Url")] {
        for more in [[].as_slice(), &["--exclude"], &["-f"], &["-l"]] {
            let done = smokercli(&address, &[&["--filter", filter], more].concat());
            assert_eq!((done.code, done.stdout.as_str()), (Some(1), ""), "{filter} {more:?}");
            let said = format!("ERROR: --filter '{key} ...': host h does not show this value, which is secret");
            assert!(done.stderr.starts_with(&said), "{filter}: {}", done.stderr);
        }
    }
    assert_eq!(smokercli(&address, &["--category", "***"]).code, Some(0));
}
