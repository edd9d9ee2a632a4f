//! The verdict: states, missing plugins, and the exit code.

use serde_json::{Value, json};

use crate::fake::Fake;
use crate::run::{Done, Run, SMOKERCLI};

fn smokercli(arguments: &[&str]) -> Done {
    Run::of(SMOKERCLI).args(arguments).done()
}

/// A daemon whose plugins have these names and statuses.
fn daemon(name: &str, plugins: &[(&str, &str)]) -> Value {
    let item = |name: &str, status: &str| {
        let result =
            json!({"status": status, "messages": null, "componentResults": null, "lastRun": "2026-01-01T00:00:00"});
        json!({"name": name, "links": {"self": format!("/plugins/{name}")}, "parameters": {}, "nextRun": null,
               "lastResult": if status == "UNKNOWN" { Value::Null } else { result }})
    };
    let items: Vec<_> = plugins.iter().map(|(name, status)| json!({"plugin": item(name, status)})).collect();
    let links = json!([{"rel": "plugins", "href": "/plugins"}, {"rel": "processes", "href": "/processes"}]);
    json!({"about": {"about": {"host": name, "links": links}}, "plugins": {"plugins": {"items": items}}, "forced": {}})
}

fn posts(fake: &Fake) -> usize {
    fake.requests().iter().filter(|request| request["method"] == "POST").count()
}

#[test]
fn a_healthy_fleet_is_a_good_verdict_and_nothing_is_run() {
    let fake = Fake::start(&daemon("web1", &[("disk", "OK"), ("load", "OK")]));
    for state in ["--error", "--warn", "--nook", "--unknown", "--filter-status=ERROR,WARN"] {
        let done = smokercli(&["-s", fake.address(), state]);
        assert_eq!((done.code, done.stdout.as_str()), (Some(1), ""), "{state}");
        assert_eq!(done.stderr, "ERROR: No plugins found\n", "{state}");
        for verdict in [["-e"].as_slice(), &["--fail-on", "ERROR"], &["-e", "-f"]] {
            let done = smokercli(&[&["-s", fake.address(), state], verdict].concat());
            assert_eq!((done.code, done.stdout.as_str()), (Some(0), ""), "{state} {verdict:?}: {}", done.stderr);
            assert!(done.stderr.starts_with("INFO: nothing is in state "), "{state} {verdict:?}: {}", done.stderr);
        }
    }
    assert_eq!(posts(&fake), 0);
    let on_terminal = Run::of(SMOKERCLI).args(["-s", fake.address(), "--error"]).done_with_errors_on_terminal();
    assert_eq!(on_terminal.stderr.replace('\r', ""), "ERROR: No plugins found\nINFO: nothing is in state ERROR\n");
    // Programs that read JUnit take an empty file for a mistake.
    let junit = smokercli(&["-s", fake.address(), "--error", "-e", "-o", "junit"]);
    assert!(junit.code == Some(0) && junit.stdout.contains("tests=\"0\""), "{}", junit.stdout);
    let done = smokercli(&["-s", fake.address(), "--exclude", "--ok", "-e"]);
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), "INFO: everything is in state OK\n"));
}

#[test]
fn what_exists_nowhere_is_a_mistake_also_in_a_verdict() {
    let (fake, empty) = (Fake::start(&daemon("web1", &[("disk", "OK")])), Fake::start(&daemon("web2", &[])));
    for arguments in [
        ["-p", "nosuch"].as_slice(),
        &["-p", "nosuch", "--error"],
        &["--filter", "Colour blue"],
        &["--category", "nosuch", "--error"],
        &["--filter-status", "error"],
        &["--filter-status", "ERROR", "WRAN"],
        &["--filter-status", "OK,WRAN", "-f"],
    ] {
        for verdict in [[].as_slice(), &["-e"]] {
            let done = smokercli(&[&["-s", fake.address()], arguments, verdict].concat());
            assert_eq!((done.code, done.stdout.as_str()), (Some(1), ""), "{arguments:?} {verdict:?}: {}", done.stderr);
            assert!(done.stderr.contains("ERROR: No plugins found\n"), "{arguments:?}: {}", done.stderr);
        }
    }
    let done = smokercli(&["-s", fake.address(), "--filter-status", "WRAN"]);
    assert!(done.stderr.contains("unknown state \"WRAN\"; the states are OK, WARN, ERROR, UNKNOWN"), "{}", done.stderr);
    let done = smokercli(&["-s", fake.address(), "--fail-on", "eror"]);
    let known = "unknown state \"eror\"; the states are ERROR, WARN, UNKNOWN, UNREACHABLE, MISSING, action, component";
    assert!(done.code == Some(1) && done.stderr.contains(known), "{}", done.stderr);
    let both = ["-s", fake.address(), empty.address()];
    for (arguments, code) in [
        (["-s", empty.address(), "-e"].to_vec(), 1),
        ([both.as_slice(), &["-e", "--error"]].concat(), 1),
        ([both.as_slice(), &["-e"]].concat(), 1),
        ([both.as_slice(), &["--fail-on", "WARN"]].concat(), 1),
        ([both.as_slice(), &["-e", "-l"]].concat(), 0),
        ([both.as_slice(), &["-e", "-p", "disk"]].concat(), 69),
        ([both.as_slice(), &["--fail-on", "WARN", "-p", "disk"]].concat(), 0),
        (both.to_vec(), 0),
    ] {
        let done = smokercli(&arguments);
        assert_eq!(done.code, Some(code), "{arguments:?}: {done:?}");
        let is_told = done.stderr.contains("Host web2: it has no plugins");
        assert!(is_told || code == 0 || arguments[1] == empty.address(), "{arguments:?}: {done:?}");
    }
    assert_eq!(posts(&fake), 0);
}

#[test]
fn a_plugin_that_a_host_lacks_is_missing_in_every_format() {
    let (has, lacks) =
        (Fake::start(&daemon("web1", &[("disk", "OK")])), Fake::start(&daemon("web2", &[("load", "OK")])));
    let ask = |more: &[&str]| smokercli(&[&["-s", has.address(), lacks.address(), "-p", "disk"], more].concat());
    for format in ["minimal", "normal", "long", "full", "json", "raw", "tap", "xml"] {
        let done = ask(&["-o", format]);
        assert!(!done.stdout.contains("web2") && !done.stdout.contains("MISSING"), "{format}: {}", done.stdout);
        assert!(done.stderr.contains("WARNING: Host web2: MISSING disk\n"), "{format}: {}", done.stderr);
        assert_eq!(done.code, Some(0), "{format}");
    }
    for (format, row) in [
        ("table", "web2  MISSING  MISSING\n"),
        ("ndjson", "{\"host\":\"web2\",\"plugin\":\"disk\",\"status\":\"MISSING\""),
        ("junit", "<testcase classname=\"web2.disk\" name=\"disk\""),
    ] {
        let done = ask(&["-o", format]);
        assert!(done.stdout.contains(row), "{format}: {}", done.stdout);
        assert_eq!(done.stderr.matches("MISSING").count(), 1, "{format}: {}", done.stderr);
    }
    let exit_codes = [
        (["-e"].as_slice(), 69),
        (&["-e", "--error"], 69),
        (&["--fail-on", "MISSING"], 69),
        (&["-e", "--fail-on", "ERROR", "UNREACHABLE"], 0),
        (&["--fail-on=error,unreachable", "-l"], 0),
        (&["-e", "--exclude"], 0),
    ];
    for (more, code) in exit_codes {
        assert_eq!(ask(more).code, Some(code), "{more:?}");
    }
    let both = smokercli(&["-s", has.address(), "-p", "disk,nosuch", "-e"]);
    assert_eq!(both.code, Some(69), "{}", both.stderr);
    assert!(both.stderr.contains("MISSING nosuch: no host has a plugin of that name"), "{}", both.stderr);
}

/// What a script passes on whose variable is empty.
#[test]
fn an_empty_word_is_never_a_good_verdict() {
    let fake = Fake::start(&daemon("web1", &[("disk", "OK")]));
    for arguments in [
        ["--filter-status", "", "-e"].as_slice(),
        &["--filter-status", ",", "-e"],
        &["--fail-on", ""],
        &["--fail-on", " , "],
        &["-p", "", "-e"],
        &["--category", "", "-e"],
        &["--filter", "", "-e"],
        &["-o", "", "-e"],
        &["-s", "", "-e", "-l"],
        &["--hosts-file", ""],
        &["--cacert", ""],
        &["--proxy", ""],
        &["--timeout", ""],
    ] {
        let hosts = if arguments.contains(&"-s") { vec![] } else { vec!["-s", fake.address()] };
        let done = smokercli(&[&*hosts, arguments].concat());
        assert!(done.code > Some(0), "{arguments:?}: {done:?}");
        assert!(done.stderr.contains("ERROR: "), "{arguments:?}: {done:?}");
    }
}

#[test]
fn bad_states_that_do_not_count_are_reported() {
    let (bad, empty) = (Fake::start(&daemon("web1", &[("disk", "ERROR")])), Fake::start(&daemon("web2", &[])));
    let done = smokercli(&["-s", bad.address(), empty.address(), "-p", "disk", "--fail-on", "WARN"]);
    assert_eq!(done.code, Some(0));
    assert!(
        done.stderr.contains("WARNING: --fail-on does not name ERROR, MISSING, so it does not count"),
        "{}",
        done.stderr
    );
    assert!(done.stderr.contains("WARNING: Host web2: it has no plugins"), "{}", done.stderr);
    assert!(!smokercli(&["-s", bad.address(), "-e"]).stderr.contains("WARNING"));
}

#[test]
fn fail_on_names_the_states_that_fail() {
    let mut web = daemon("web1", &[("disk", "WARN"), ("load", "OK"), ("new", "UNKNOWN")]);
    web["plugins"]["plugins"]["items"][1]["plugin"]["lastResult"]["action"] =
        json!({"status": "ERROR", "messages": {"error": ["mail host down"], "info": [], "warn": []}});
    let fake = Fake::start(&web);
    for (more, code) in [
        (["-e"].as_slice(), 0),
        (&["--fail-on", "WARN"], 69),
        (&["--fail-on", "UNKNOWN"], 69),
        (&["--fail-on", "action"], 69),
        (&["--fail-on", "ERROR,MISSING"], 0),
        (&["-p", "load", "--fail-on", "WARN", "UNKNOWN"], 0),
    ] {
        assert_eq!(smokercli(&[&["-s", fake.address()], more].concat()).code, Some(code), "{more:?}");
    }
    for format in ["minimal", "tap", "xml"] {
        let done = smokercli(&["-s", fake.address(), "-o", format]);
        assert_eq!(done.stderr, "WARNING: Host web1: action [ERROR] of load (mail host down)\n", "{format}");
    }
    assert_eq!(smokercli(&["-s", fake.address(), "-o", "long"]).stderr, "");
}

#[test]
fn a_forced_plugin_without_a_result_is_missing() {
    let mut web = daemon("web1", &[("disk", "OK"), ("load", "OK")]);
    web["forced"] =
        json!({"disk": web["plugins"]["plugins"]["items"][0], "load": web["plugins"]["plugins"]["items"][1]});
    // An answer with an older result only is none.
    web["forced"]["disk"]["plugin"]["forcedResult"] = json!({"status": "OK", "lastRun": "2026-01-01T00:00:05"});
    let fake = Fake::start(&web);
    let done = smokercli(&["-s", fake.address(), "-f", "-e", "-o", "table"]);
    assert_eq!(done.code, Some(69));
    assert!(done.stdout.contains("OK      OK    MISSING"), "{}", done.stdout);
}
