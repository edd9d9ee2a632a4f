//! Results that are not understood, that fail without a reason, or that have something wrong below an OK.

use serde_json::{Value, json};

use crate::run::{CHECK, Done, Run, SMOKERCLI};
use crate::site::{Site, daemon_pages, plugin};

fn site(plugins: &[Value]) -> (Site, String) {
    let site = Site::start(daemon_pages("", plugins));
    let address = format!("127.0.0.1:{}", site.port());
    (site, address)
}

fn smokercli(address: &str, arguments: &[&str]) -> Done {
    Run::of(SMOKERCLI).args([&["-s", address], arguments].concat()).env("COLUMNS", "200").done()
}

fn check(address: &str, arguments: &[&str]) -> Done {
    Run::of(CHECK).args([&["-H", address], arguments].concat()).done()
}

/// A plugin with this result, of a daemon that says how a run went.
pub(crate) fn with_result(name: &str, result: &Value) -> Value {
    let mut plugin = plugin(name, &[]);
    plugin["lastResult"] = json!({"lastRun": "2026-01-01T00:00:00", "messages": null, "componentResults": null,
        "duration": 0.5, "lastRunUtc": "2026-01-01T00:00:00Z"});
    for (key, value) in result.as_object().expect("an object") {
        plugin["lastResult"][key] = value.clone();
    }
    plugin
}

const FORMATS: [&str; 12] =
    ["minimal", "normal", "long", "full", "table", "json", "raw", "ndjson", "tap", "tap14", "xml", "junit"];

#[test]
fn a_status_that_is_not_known_never_passes_for_ok() {
    let fine = with_result("fine", &json!({"status": "OK"}));
    let mut missing = with_result("odd", &json!({}));
    missing["lastResult"].as_object_mut().expect("an object").shift_remove("status");
    let mut no_object = plugin("odd", &[]);
    no_object["lastResult"] = json!("OK");
    let odd = |status: Value| with_result("odd", &json!({"status": status}));
    for (plugin, reason) in [
        (odd(json!("FOO")), "the status \"FOO\" is none that this client knows"),
        (odd(json!("ok")), "the status \"ok\" is none"),
        (odd(json!(0)), "the status 0 is none"),
        (odd(json!(["OK"])), "the status [\"OK\"] is none"),
        (odd(json!(null)), "the result has no status"),
        (missing, "the result has no status"),
        (no_object, "the result cannot be read"),
    ] {
        let (_site, address) = site(&[fine.clone(), plugin]);
        for format in FORMATS {
            let done = smokercli(&address, &["-o", format, "-e"]);
            assert_eq!(done.code, Some(69), "{format} {reason}: {done:?}");
            let said = (done.stdout.clone() + &done.stderr).replace("\\\"", "\"").replace("&quot;", "\"");
            assert!(said.contains(reason), "{format} {reason}: {said}");
        }
        for (more, code) in [
            (["--fail-on", "ERROR"].as_slice(), 69),
            (&["--fail-on", "UNKNOWN"], 69),
            (&["--error", "-e"], 69),
            (&["--warn", "-e"], 69),
            (&["--nook", "-e"], 69),
            (&["--exclude", "--ok", "-e"], 69),
            (&["--exclude", "--unknown", "-e"], 69),
            (&["-p", "fine", "-e"], 0),
            (&["--ok", "-e"], 0),
            (&[], 0),
        ] {
            assert_eq!(smokercli(&address, more).code, Some(code), "{more:?} {reason}");
        }
        assert!(smokercli(&address, &["-o", "tap"]).stdout.contains("not ok 1 - h\n"));
        assert!(smokercli(&address, &["-o", "junit"]).stdout.contains("errors=\"1\""));
        let done = check(&address, &["odd", "fine"]);
        assert!(done.code == Some(3) && done.stdout.contains(reason), "{reason}: {done:?}");
    }
}

#[test]
fn what_a_failing_plugin_printed_is_its_reason_where_it_gives_none() {
    let info = json!({"info": ["disk / is full", "see there"], "warn": [], "error": []});
    let part = json!([{"componentResult": {"name": "/srv", "status": "ERROR", "messages": info}}]);
    let plugins = [
        with_result("printed", &json!({"status": "ERROR", "messages": info, "exitStatus": 2})),
        with_result("other", &json!({"status": "WARN", "messages": {"debug": ["odd level"]}, "exitStatus": 1})),
        with_result("killed", &json!({"status": "ERROR", "messages": {"info": ["begun"]}, "signal": 9})),
        with_result("silent", &json!({"status": "ERROR", "exitStatus": 3})),
        with_result("shot", &json!({"status": "ERROR", "signal": 11})),
        with_result("parts", &json!({"status": "ERROR", "componentResults": part})),
        with_result("said", &json!({"status": "ERROR", "messages": {"info": ["not this"], "error": ["bad"]}})),
        with_result("fine", &json!({"status": "OK", "messages": {"info": ["nor this"]}})),
    ];
    let (_site, address) = site(&plugins);
    let done = smokercli(&address, &["-o", "normal"]);
    for shown in [
        "- printed                          [ERROR] (2026-01-01 00:00:00)\n  [info] disk / is full\n  [info] see there\n",
        "- other                            [WARN] (2026-01-01 00:00:00)\n  [debug] odd level\n",
        "- killed                           [ERROR] (2026-01-01 00:00:00)\n  [error] killed by signal 9\n  [info] begun\n",
        "- silent                           [ERROR] (2026-01-01 00:00:00)\n  [error] exit status 3\n",
        "- shot                             [ERROR] (2026-01-01 00:00:00)\n  [error] killed by signal 11\n",
        " -- /srv                           [ERROR]\n    [info] disk / is full\n    [info] see there\n",
        "- said                             [ERROR] (2026-01-01 00:00:00)\n  [error] bad\n- ",
        "- fine                             [OK] (2026-01-01 00:00:00)\n- ",
    ] {
        assert!(done.stdout.contains(shown), "{shown}: {}", done.stdout);
    }
    for (format, words) in [
        ("long", ["disk / is full", "exit status 3", "killed by signal 9"]),
        ("full", ["disk / is full", "exit status 3", "killed by signal 9"]),
        ("junit", ["message=\"disk / is full\"", "message=\"exit status 3\"", "message=\"killed by signal 9\""]),
        ("tap14", ["disk / is full", "reason: \"exit status 3\"", "reason: \"killed by signal 9\""]),
        ("table", ["h: silent: exit status 3", "h: killed: killed by signal 9", "h: shot: killed by signal 11"]),
        ("ndjson", ["disk / is full", "\"exitStatus\":3", "\"signal\":9"]),
    ] {
        let done = smokercli(&address, &["-o", format]);
        assert!(words.iter().all(|word| done.stdout.contains(word)), "{format}: {}", done.stdout);
    }
    for (name, text) in [
        ("printed", "CRITICAL: disk / is full\nsee there\n"),
        ("other", "WARNING: odd level\n"),
        ("killed", "CRITICAL: smoke test: killed: killed by signal 9\n"),
        ("silent", "CRITICAL: smoke test: silent: exit status 3\n"),
    ] {
        assert_eq!(check(&address, &[name]).stdout, text);
    }
}

/// A daemon of Smoker 2 does not say how a run went, and its results are shown as its own client shows them.
#[test]
fn an_older_daemon_is_shown_as_before() {
    let mut old = plugin("old", &[]);
    old["lastResult"]["messages"] = json!({"info": ["printed"], "warn": [], "error": []});
    old["lastResult"]["action"] = json!({"status": "ERROR", "messages": {"error": ["no mail"]}});
    let mut fine = old.clone();
    fine["name"] = json!("fine");
    fine["lastResult"]["status"] = json!("OK");
    let (_site, address) = site(&[old, fine]);
    let done = smokercli(&address, &["-o", "normal"]);
    assert!(!done.stdout.contains("printed"), "{}", done.stdout);
    assert_eq!(check(&address, &["fine"]).stdout, "OK: smoke test fine succeeded at 2026-01-01 00:00:00\n");
}

#[test]
fn what_is_wrong_below_an_ok_is_seen_and_can_count() {
    let part = |status: &str| json!([{"componentResult": {"name": "/srv", "status": status, "messages": {"error": ["read only"]}}}]);
    let action = json!({"status": "ERROR", "messages": {"error": ["mail host\ndown"]}});
    let plugins = [
        with_result("disk", &json!({"status": "OK", "componentResults": part("ERROR")})),
        with_result("mail", &json!({"status": "OK", "action": action})),
        with_result(
            "load",
            &json!({"status": "WARN", "componentResults": part("WARN"), "messages": {"info": ["7.1"]}}),
        ),
    ];
    let (_site, address) = site(&plugins);
    for (more, code) in [
        (["-e"].as_slice(), 0),
        (&["--fail-on", "component"], 69),
        (&["--fail-on", "action"], 69),
        (&["--fail-on", "component", "-p", "mail", "load"], 0),
    ] {
        assert_eq!(smokercli(&address, more).code, Some(code), "{more:?}");
    }
    let warned = |arguments: &[&str]| smokercli(&address, arguments).stderr;
    assert_eq!(
        warned(&["-e"]),
        "WARNING: the state component does not affect the exit code of -e; --fail-on can name it\n"
    );
    assert_eq!(warned(&["--fail-on", "ERROR"]), "WARNING: --fail-on does not name component, so it does not count\n");
    assert_eq!(warned(&["-e", "-p", "load"]), "");
    let done = check(&address, &["disk"]);
    let text = "OK: smoke test disk succeeded at 2026-01-01 00:00:00\ndisk: component /srv [ERROR] read only\n";
    assert_eq!((done.code, done.stdout.as_str()), (Some(0), text));
    let done = check(&address, &["disk", "mail"]);
    assert!(done.stdout.contains("\nmail: action [ERROR] mail host\\ndown\n") && done.code == Some(0), "{done:?}");
    // A test that passes with a warning says so, also without a message.
    let junit = smokercli(&address, &["-o", "junit"]).stdout;
    assert!(junit.contains("<system-out>WARN\n"), "{junit}");
}

#[test]
fn one_broken_plugin_does_not_cost_the_host() {
    let deep = "[".repeat(300) + &"]".repeat(300);
    let bad = with_result("bad", &json!({"status": "ERROR", "messages": {"error": ["gone"]}, "componentResults": [5]}));
    let mut by_name = with_result("by name", &json!({"status": "ERROR"}));
    by_name["lastResult"]["componentResults"] =
        json!({"/srv": {"status": "ERROR", "messages": {"error": ["read only"]}}});
    let items: Vec<_> = [bad, by_name].iter().map(|plugin| format!("{{\"plugin\": {plugin}}}")).collect();
    let nested =
        format!("{{\"name\": \"deep\", \"parameters\": {{\"X\": {deep}}}, \"lastResult\": {{\"status\": \"OK\"}}}}");
    let page = format!(
        "\u{feff}{{\"plugins\": {{\"items\": [{{\"plugin\": null}}, {{\"plugin\": {nested}}}, {}]}}}}",
        items.join(", ")
    );
    let mut pages = daemon_pages("", &[]);
    pages.insert("/plugins".to_owned(), page);
    let site = Site::start(pages);
    let address = format!("127.0.0.1:{}", site.port());
    for format in FORMATS {
        let done = smokercli(&address, &["-o", format, "-e"]);
        assert_eq!(done.code, Some(69), "{format}: {done:?}");
        assert!(done.stdout.contains("bad") && !done.stdout.contains("UNREACHABLE"), "{format}: {done:?}");
    }
    let done = smokercli(&address, &[]).stdout;
    for shown in [
        "- (no name)                        [UNKNOWN]\n  [error] the result cannot be read: it is not a JSON object\n",
        "- deep                             [OK]\n",
        "  [error] gone\n --                                [UNKNOWN]\n",
        " -- /srv                           [ERROR]\n    [error] read only\n",
    ] {
        assert!(done.contains(shown), "{shown}: {done}");
    }
    assert_eq!(smokercli(&address, &["-p", "deep", "-e"]).code, Some(0));
}

/// An entry of the list that is no plugin costs neither the others nor the call, and is never green.
#[test]
fn an_entry_that_is_no_plugin_is_one_that_cannot_be_read() {
    let good = json!({"plugin": with_result("good", &json!({"status": "OK"}))});
    for odd in [
        json!(null),
        json!("text"),
        json!(5),
        json!([]),
        json!({}),
        json!({"plugin": null}),
        json!({"plugin": {}}),
        with_result("unwrapped", &json!({"status": "OK"})),
    ] {
        let mut pages = daemon_pages("", &[]);
        let page = json!({"plugins": {"items": [odd, good]}});
        pages.insert("/plugins".to_owned(), page.to_string());
        let site = Site::start(pages);
        let address = format!("127.0.0.1:{}", site.port());
        for format in FORMATS {
            let done = smokercli(&address, &["-o", format, "-e"]);
            assert_eq!(done.code, Some(69), "{odd} {format}: {done:?}");
            let said = done.stdout.clone() + &done.stderr;
            assert!(said.contains("no name") && !said.contains("UNREACHABLE"), "{odd} {format}: {done:?}");
        }
        let good = smokercli(&address, &["-p", "good", "-e"]);
        assert!(good.code == Some(0) && good.stdout.contains("- good "), "{odd}: {good:?}");
    }
}

/// Readers of JUnit take two cases with one class and name for one, and the last of them may be the good one.
#[test]
fn no_two_tests_of_junit_have_one_name() {
    let part =
        |name: &str, status: &str| json!({"componentResult": {"name": name, "status": status, "messages": null}});
    let parts = [part("disk", "OK"), part("/", "ERROR"), part("/", "OK"), part("/ (2)", "OK"), part("action", "OK")];
    let action = json!({"status": "ERROR", "messages": null});
    let (_site, address) =
        site(&[with_result("disk", &json!({"status": "ERROR", "componentResults": parts, "action": action}))]);
    let junit = smokercli(&address, &["-o", "junit"]).stdout;
    for name in ["disk", "disk (2)", "/", "/ (2)", "/ (2) (2)", "action", "action (2)"] {
        assert_eq!(junit.matches(&format!("classname=\"h.disk\" name=\"{name}\"")).count(), 1, "{name}: {junit}");
    }
}
