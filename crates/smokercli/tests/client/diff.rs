//! `smokercli diff`: what differs between two baselines.

use serde_json::{Value, json};

use crate::run::{Done, Run, SMOKERCLI};

fn plugin(name: &str, status: &str, components: &Value) -> Value {
    let message = (status != "OK").then_some("it is broken\nand more");
    json!({"name": name, "status": status, "message": message, "components": components})
}

fn host(name: &str, plugins: &[Value]) -> Value {
    json!({"host": name, "address": format!("{name}:8086"), "name": format!("{name}.example.org"), "plugins": plugins})
}

fn baseline(hosts: &[Value]) -> String {
    json!({"smokerBaseline": 1, "made": "2026-11-29T10:00:00Z", "source": "forced", "hosts": hosts}).to_string()
}

/// Compares these baselines, which are the files `before.json` and `after.json`.
fn diff(before: &str, after: &str, arguments: &[&str]) -> Done {
    let run = Run::of(SMOKERCLI);
    run.file("before.json", before);
    run.file("after.json", after);
    run.args(["diff"]).args(arguments.iter().copied()).done()
}

const FILES: [&str; 2] = ["before.json", "after.json"];

fn before() -> String {
    let mounts = json!({"/": "OK", "/srv": "OK"});
    let web = |number: usize| {
        host(&format!("web{number:02}"), &[plugin("Web", "OK", &json!({})), plugin("fsmount", "OK", &mounts)])
    };
    baseline(&(1..=5).map(web).collect::<Vec<_>>())
}

fn after() -> String {
    let web = |number: usize| {
        let mounts = if number <= 3 { json!({"/": "OK"}) } else { json!({"/": "OK", "/srv": "OK"}) };
        let status = if number == 1 { "ERROR" } else { "OK" };
        let plugins =
            [plugin("Version", "OK", &json!({})), plugin("fsmount", "OK", &mounts), plugin("Web", status, &json!({}))];
        host(&format!("web{number:02}"), &plugins)
    };
    baseline(&(1..=4).rev().map(web).collect::<Vec<_>>())
}

#[test]
fn the_page_shows_what_is_printed() {
    let page = include_str!("../../../../docs/gate.md");
    let (_, shown) = page.split_once("$ smokercli diff before.json after.json\n").expect("an example");
    let (shown, _) = shown.split_once("```").expect("its end");
    let done = diff(&before(), &after(), &FILES);
    assert_eq!((done.code, done.stdout.as_str(), done.stderr.as_str()), (Some(0), shown, ""));
    assert_eq!(diff(&before(), &after(), &[&FILES[..], &["-e"]].concat()).code, Some(69));
    let long = diff(&before(), &after(), &[&FILES[..], &["-o", "long"]].concat()).stdout;
    assert!(
        long.starts_with("web01: Version: new [OK]\nweb01: Web: new failure [ERROR, was OK] it is broken\n"),
        "{long}"
    );
    let json = diff(&before(), &after(), &[&FILES[..], &["-o", "json"]].concat()).stdout;
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["counts"], json!({"new failure": 1, "gone": 4, "new": 4}));
    let failure = json!({"host": "web01", "plugin": "Web", "component": null, "change": "new failure", "newName": null,
                         "status": "ERROR", "was": "OK", "message": "it is broken\nand more"});
    assert_eq!(json["differences"][1], failure);
    // Filters choose plugins.
    let chosen = diff(&before(), &after(), &[&FILES[..], &["-p", "fsmount", "-e"]].concat());
    assert!(chosen.stdout.starts_with("fsmount / /srv: gone") && !chosen.stdout.contains("Web"), "{chosen:?}");
}

/// What nobody compares does not differ, and that is no good news.
#[test]
fn filters_that_select_nothing_are_an_error() {
    let compared = |arguments: &[&str]| diff(&before(), &after(), &[&FILES[..], &["-e"], arguments].concat());
    for (arguments, told) in [
        (["-p", "Wbe"].as_slice(), "no host of either baseline has the plugin Wbe; did you mean Web?"),
        (&["-p", "Web", "nosuch"], "no host of either baseline has the plugin nosuch"),
        (&["--category", "nosuch"], "No plugins found"),
        (&["--exclude-plugins", "Web", "fsmount", "Version"], "No plugins found"),
    ] {
        let done = compared(arguments);
        assert_eq!((done.code, done.stdout.as_str()), (Some(1), ""), "{arguments:?}: {done:?}");
        assert!(done.stderr.contains(told), "{arguments:?}: {done:?}");
    }
    // One of the two has it.
    assert_eq!(compared(&["-p", "version"]).code, Some(69));
}

#[test]
fn nothing_differs_from_itself() {
    for text in [before(), after(), baseline(&[])] {
        let done = diff(&text, &text, &[&FILES[..], &["-e"]].concat());
        assert!(done.code == Some(0) && done.stdout.ends_with("; nothing differs\n"), "{done:?}");
    }
}

/// Nobody can tell whether two things differ of which nothing is known: that is shown, and `-e` does not take it for the same.
#[test]
fn what_neither_baseline_knows_is_not_called_the_same() {
    let mut silent = host("web02", &[]);
    silent["error"] = json!("connection refused");
    let silent_twice = baseline(&[host("web01", &[plugin("Web", "OK", &json!({}))]), silent]);
    let job = |status: &str| plugin("Job", status, &json!({"a": "UNKNOWN", "b": "OK"}));
    let without_result = baseline(&[
        host("web01", &[plugin("Web", "OK", &json!({})), job("UNKNOWN")]),
        host("web02", &[job("UNKNOWN")]),
    ]);
    for (text, shown) in [
        (
            silent_twice,
            "web02: not known: connection refused\n2 hosts; nothing differs of what is known; 1 not known in either\n",
        ),
        (
            without_result,
            "Job: not known [UNKNOWN]: web01, web02\nJob / a: not known [UNKNOWN]: web01, web02\n\
             2 hosts; nothing differs of what is known; 4 not known in either\n",
        ),
    ] {
        let done = diff(&text, &text, &[&FILES[..], &["-e"]].concat());
        assert_eq!((done.code, done.stdout.as_str()), (Some(69), shown));
        assert_eq!(diff(&text, &text, &FILES).code, Some(0));
        let json = diff(&text, &text, &[&FILES[..], &["-o", "json"]].concat()).stdout;
        let json: Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!((&json["differences"], &json["counts"]), (&json!([]), &json!({})));
        assert_eq!(json["notKnown"][0]["change"], "not known");
        // What is known can be chosen.
        assert_eq!(
            diff(&text, &text, &[&FILES[..], &["-e", "-p", "Web"]].concat()).code == Some(0),
            text.contains("Job")
        );
    }
}

#[test]
fn a_difference_that_hosts_share_is_one_line() {
    let hosts = |status: &str| {
        let name = |number: usize| format!("h{}", 2 * number);
        baseline(&(1..=30).map(|number| host(&name(number), &[plugin("Web", status, &json!({}))])).collect::<Vec<_>>())
    };
    let done = diff(&hosts("ERROR"), &hosts("OK"), &FILES);
    let names: Vec<_> = (1..=12).map(|number| format!("h{}", 2 * number)).collect();
    let shown =
        format!("Web: fixed [OK, was ERROR]: {}, ...\n30 hosts, 30 with differences: 30 fixed\n", names.join(", "));
    assert_eq!(done.stdout, shown);
}

#[test]
fn what_cannot_be_compared_is_said() {
    let good = before();
    for (after, arguments, code, words) in [
        ("{}", &FILES[..], 1, "cannot use the baseline after.json: it is no baseline"),
        (r#"{"smokerBaseline": 2, "hosts": []}"#, &FILES, 1, "version 2"),
        (r#"{"smokerBaseline": 1, "hosts": [{}]}"#, &FILES, 1, "no whole baseline"),
        (&good, &["before.json"], 2, "<AFTER>"),
        (&good, &["before.json", "none.json"], 1, "none.json: No such file"),
        (&good, &["-", "-"], 2, "standard input holds one"),
        (&good, &["before.json", "after.json", "--error"], 2, "--error chooses by state"),
        (&good, &["before.json", "after.json", "-o", "tap"], 1, "normal, long, json, raw"),
        // Standard input is empty here.
        (&good, &["before.json", "-"], 1, "cannot use the baseline -: it is no baseline"),
    ] {
        let done = diff(&good, after, arguments);
        assert!(done.code == Some(code) && done.stderr.contains(words), "{arguments:?}: {done:?}");
    }
}
