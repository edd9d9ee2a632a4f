//! `smokercli gate`: exit codes, reports, and what ends it.

use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use quick_xml::events::Event;
use serde_json::{Value, json};

use crate::fake::Fake;
use crate::run::{Done, Run, SMOKERCLI};

/// A daemon whose forced runs have these statuses.
pub(crate) fn daemon(plugins: &[(&str, &str)]) -> Value {
    let links = json!([{"rel": "plugins", "href": "/plugins"}, {"rel": "processes", "href": "/processes"}]);
    let result = |status: &str| {
        json!({"status": status, "messages": {"error": ["it | <b>is</b>\nso"]}, "componentResults": null,
        "lastRun": "2026-01-01T00:00:00"})
    };
    let item = |name: &str| json!({"plugin": {"name": name, "parameters": {"Category": "web"}, "lastResult": null}});
    let items: Vec<_> = plugins.iter().map(|(name, _)| item(name)).collect();
    let forced = plugins.iter().map(|(name, status)| {
        let plugin =
            json!({"plugin": {"name": name, "parameters": {}, "lastResult": null, "forcedResult": result(status)}});
        ((*name).to_owned(), plugin)
    });
    let forced: serde_json::Map<_, _> = forced.collect();
    json!({"about": {"about": {"host": "h", "links": links}}, "plugins": {"plugins": {"items": items}}, "forced": forced})
}

fn gate(arguments: &[&str]) -> Done {
    Run::of(SMOKERCLI).args([&["gate", "--no-progress", "--every", "100ms"], arguments].concat()).done()
}

#[test]
fn the_exit_code_is_the_verdict() {
    let good = Fake::start(&daemon(&[("Disk", "OK"), ("Load", "WARN")]));
    let bad = Fake::start(&daemon(&[("Disk", "ERROR")]));
    let silent = Fake::start(&json!({"fail": "refuse"}));
    let done = gate(&["-s", good.address(), "--settle", "30", "--within", "1s"]);
    assert_eq!(done.code, Some(3), "{done:?}");
    assert!(
        done.stderr
            .contains("WARNING: nothing can settle: 30 rounds take at least 2.9 s by --every, and --within is 1.0 s"),
        "{done:?}"
    );
    let done = gate(&["-s", good.address(), "--settle", "3"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(done.stdout.starts_with("PROCEED after "), "{}", done.stdout);
    assert!(done.stdout.contains(": 1 of 1 host settled\n"), "{}", done.stdout);
    for (arguments, code) in [
        (["-s", bad.address()].as_slice(), 3),
        (&["-s", silent.address()], 3),
        (&["-s", good.address(), silent.address()], 3),
        (&["-s", good.address(), bad.address()], 3),
        (&["-s", good.address(), bad.address(), "--allow-bad", "1"], 0),
        (&["-s", good.address(), bad.address(), "--allow-bad", "1", "--fail-on", "review"], 4),
        (&["-s", good.address(), bad.address(), "--min-ok", "51%"], 3),
        (&["-s", good.address(), bad.address(), "-p", "Load"], 3),
        (&["-s", good.address(), "-p", "load"], 0),
        (&["-s", good.address(), "--fail-on", "WARN"], 3),
        (&["-s", good.address(), "--category", "none"], 3),
    ] {
        let begin = Instant::now();
        let done = gate(&[arguments, &["--within", "700ms"]].concat());
        assert_eq!(done.code, Some(code), "{arguments:?}: {done:?}");
        assert!(begin.elapsed() < Duration::from_millis(1700), "{arguments:?}: {:?}", begin.elapsed());
    }
}

/// Nobody waits for all of `--within` on a plugin that was mistyped.
#[test]
fn what_no_host_has_is_told_at_once_and_given_up() {
    let hosts = [&[("Disk", "OK"), ("Load", "OK")][..], &[("Disk", "OK")]].map(|plugins| Fake::start(&daemon(plugins)));
    let both =
        ["gate", "-s", hosts[0].address(), hosts[1].address(), "--no-progress", "--every", "100ms", "--within", "12s"];
    let cases = [
        (["-p", "Dsik"].as_slice(), "no host has a plugin of the name Dsik; did you mean Disk?"),
        (&["-p", "Disk", "Laod"], "no host has a plugin of the name Laod; did you mean Load?"),
        (&["--category", "wbe"], "no plugin has the Category wbe; did you mean web?"),
        (&["--filter", "Catgeory web"], "no plugin has the parameter Catgeory; did you mean Category?"),
        (&["--smoke"], "no plugin has the parameter Type"),
    ];
    // Each takes three seconds.
    let running = cases.map(|(arguments, told)| {
        let outputs = ["-o", "text", "-o", "json=report.json"];
        (arguments, told, Run::of(SMOKERCLI).args([both.as_slice(), arguments, &outputs].concat()).start())
    });
    for (arguments, told, (child, home)) in running {
        let output = child.wait_with_output().expect("it ends");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(3), "{arguments:?}: {stderr}");
        let warning = format!("WARNING: {told} (the gate gives up in 3.0 s unless that changes)\n");
        assert_eq!(stderr.matches(&warning).count(), 1, "{arguments:?}: {stderr}");
        let first = stdout.lines().next().unwrap_or_default();
        assert!(first.starts_with("NOT SETTLED after ") && first.ends_with(told), "{arguments:?}: {first}");
        assert!(!first.starts_with("NOT SETTLED after 12 s"), "at the deadline: {arguments:?}: {first}");
        let report = std::fs::read(home.path().join("report.json")).expect("a report");
        let report: Value = serde_json::from_slice(&report).expect("JSON");
        assert_eq!(report["unmet"], told, "{arguments:?}");
    }
    // One of the hosts has it, so that it may come to the other.
    let done = Run::of(SMOKERCLI).args([both.as_slice(), &["-p", "Load", "--within", "700ms"]].concat()).done();
    assert!(done.code == Some(3) && !done.stderr.contains("gives up"), "{done:?}");
    for line in ["baseline", "odd", "silence --for 1m --reason x"] {
        let words = line.split(' ').chain(["--category", "wbe"]).chain(both[1..4].iter().copied());
        let done = Run::of(SMOKERCLI).args(words).done();
        assert!(
            done.code == Some(1) && done.stderr.contains("no plugin has the Category wbe; did you mean web?"),
            "{line}: {done:?}"
        );
    }
}

/// Standard error is no terminal: a line every five seconds.
#[test]
fn lines_of_progress_name_what_is_bad() {
    let bad = Fake::start(&daemon(&[("Disk", "ERROR"), ("Load", "OK")]));
    let silent = Fake::start(&json!({"fail": "refuse"}));
    let hosts = ["-s", bad.address(), silent.address(), "--within", "12s", "--every", "1s"];
    let done = Run::of(SMOKERCLI).args([&["gate"], hosts.as_slice()].concat()).done();
    let named = format!(
        " of 12 s: 0 of 2 hosts settled, 1 bad, 1 silent (1 starting again): {} Disk ERROR, {} starting again\n",
        bad.address(),
        silent.address()
    );
    // The second line, in which nothing is different, does not have them.
    assert_eq!(done.stderr.matches(&named).count(), 1, "{done:?}");
}

#[test]
fn what_cannot_be_understood_is_told_before_any_host_is_asked() {
    let fake = Fake::start(&daemon(&[("Disk", "OK")]));
    for (arguments, code, words) in [
        (["--error"].as_slice(), 2, "--error chooses by state"),
        (&["-o", "jnuit"], 2, "did you mean junit?"),
        (&["-o", "json", "-o", "tap"], 2, "two formats for standard output"),
        (&["-o", "junit=/nonexistent/x"], 1, "cannot write /nonexistent/x"),
        (&["--within", "5x"], 2, "has to be a duration"),
        (&["--allow-bad", "101%"], 2, "has to be a number of hosts"),
        (&["--strict"], 2, "--against"),
        (&["-g", "prod"], 2, "unknown group \"prod\""),
        (&["--min-ok", "2"], 2, "the call has 1 host"),
        (&["--against", "/nonexistent/before.json"], 1, "cannot use the baseline"),
        (&["-s", "a b"], 2, "not a host name"),
    ] {
        let done = gate(&[&["-s", fake.address()], arguments].concat());
        assert_eq!(done.code, Some(code), "{arguments:?}: {done:?}");
        assert!(done.stderr.contains(words) && done.stdout.is_empty(), "{arguments:?}: {done:?}");
    }
    assert_eq!(fake.requests().len(), 0);
}

#[test]
fn every_format_tells_of_what_is_bad() {
    let (bad, silent) =
        (Fake::start(&daemon(&[("Disk", "ERROR"), ("Load", "OK")])), Fake::start(&json!({"fail": "refuse"})));
    let hosts = ["-s", bad.address(), silent.address(), "--within", "600ms"];
    let report = |format: &str| {
        let done = gate(&[hosts.as_slice(), &["-o", format]].concat());
        assert_eq!(done.code, Some(3), "{format}: {done:?}");
        done.stdout
    };
    for format in ["text", "minimal", "long", "table", "json", "raw", "junit", "tap", "markdown", "github", "gitlab"] {
        let text = report(format);
        assert!(text.contains("Disk") && text.contains("efused"), "{format}: {text}");
    }
    let json: Value = serde_json::from_str(&report("json")).expect("JSON");
    assert_eq!(
        (&json["decision"], &json["exitCode"], &json["badHosts"]),
        (&json!("not settled"), &json!(3), &json!(2))
    );
    assert_eq!(json["hosts"][0]["parts"][0]["verdict"], "failure");
    let gitlab: Value = serde_json::from_str(&report("gitlab")).expect("JSON");
    let url = &gitlab["smokercli gate: not settled"][0]["external_link"]["url"];
    assert_eq!(url, &json!(format!("http://{}/plugins/Disk", bad.address())));
    assert!(!report("text").contains("Load: ") && report("long").contains("Load: good [OK]"));
    let markdown = report("markdown");
    assert!(markdown.contains("it \\| &lt;b&gt;is&lt;/b&gt;"), "{markdown}");
    let junit = report("junit");
    let mut reader = quick_xml::Reader::from_str(&junit);
    let mut names = Vec::new();
    loop {
        match reader.read_event().unwrap_or_else(|error| panic!("{error} in {junit}")) {
            Event::Eof => break,
            Event::Start(element) | Event::Empty(element) => {
                names.push(String::from_utf8_lossy(element.name().as_ref()).into_owned());
            }
            _ => {}
        }
    }
    let count = |wanted: &str| names.iter().filter(|name| *name == wanted).count();
    assert_eq!((count("testsuite"), count("testcase"), count("failure"), count("error")), (2, 3, 1, 1), "{junit}");
}

#[test]
fn a_signal_leaves_a_complete_report() {
    let bad = Fake::start(&daemon(&[("Disk", "ERROR")]));
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        let arguments =
            ["gate", "-s", bad.address(), "--within", "1h", "--every", "100ms", "-o", "text", "-o", "json=report.json"];
        let before = bad.requests().len();
        // Who runs the tests may ignore SIGHUP.
        let (child, home) = Run::of("env").args(["--default-signal=HUP", SMOKERCLI]).args(arguments).start();
        // About page, plugins, run and its result, twice.
        bad.wait_for_requests(before + 8);
        kill(Pid::from_raw(i32::try_from(child.id()).expect("a pid")), signal).expect("it runs");
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(130), "{output:?}");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.starts_with("INTERRUPTED after ") && text.contains("Disk: failure [ERROR]"), "{text}");
        let report = std::fs::read_to_string(home.path().join("report.json")).expect("a report");
        let report: Value = serde_json::from_str(&report).expect("a whole report");
        assert_eq!(report["decision"], "interrupted");
    }
}

/// `nohup` has a call outlive its terminal.
#[test]
fn a_hangup_that_is_ignored_ends_nothing() {
    let bad = Fake::start(&daemon(&[("Disk", "ERROR")]));
    let line = ["--ignore-signal=HUP", SMOKERCLI, "gate", "-s", bad.address(), "--within", "1s", "--every", "100ms"];
    let (child, _home) = Run::of("env").args(line).start();
    bad.wait_for_requests(8);
    kill(Pid::from_raw(i32::try_from(child.id()).expect("a pid")), Signal::SIGHUP).expect("it runs");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert!(output.stdout.starts_with(b"NOT SETTLED after 1."), "{output:?}");
}

/// A report that cannot be written costs neither the others nor the verdict.
#[test]
fn a_full_disk_hides_no_verdict() {
    let good = Fake::start(&daemon(&[("Disk", "OK")]));
    let run = Run::of(SMOKERCLI).args(["gate", "-s", good.address(), "-o", "junit=/dev/full", "-o", "json=x.json"]);
    let report = run.home().join("x.json");
    let (child, _home) = run.start();
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("INFO: PROCEED after") && said.contains("cannot write /dev/full"), "{said}");
    let report: Value = serde_json::from_str(&std::fs::read_to_string(report).expect("a report")).expect("JSON");
    assert_eq!(report["decision"], "proceed");
}

/// What the call selected before and does not select any more is not judged in any other way.
#[test]
fn a_plugin_that_is_not_selected_any_more_is_gone() {
    let mut pages = daemon(&[("Disk", "OK"), ("Load", "OK")]);
    for name in ["Disk", "Load"] {
        pages["forced"][name]["plugin"]["parameters"] = json!({"Category": "web"});
    }
    let fake = Fake::start(&pages);
    let home = tempfile::tempdir().expect("a folder");
    let before = home.path().join("before.json").display().to_string();
    let baseline = ["baseline", "-s", fake.address(), "-o", &before];
    assert_eq!(Run::of(SMOKERCLI).args(baseline).done().code, Some(0));
    pages["plugins"]["plugins"]["items"][1]["plugin"]["parameters"] = json!({"Category": "wbe"});
    let other = Fake::start(&pages);
    let text = std::fs::read_to_string(&before).expect("a baseline");
    std::fs::write(&before, text.replace(fake.address(), other.address())).expect("written");
    let select = |arguments: &[&str]| {
        let hosts = ["-s", other.address(), "--against", &before, "--within", "5s"];
        gate(&[hosts.as_slice(), arguments].concat())
    };
    let done = select(&["--category", "web"]);
    assert_eq!(done.code, Some(69), "{done:?}");
    assert!(done.stdout.contains(": Load: gone [was OK]"), "{}", done.stdout);
    // Whether it was selected then is not known where the baseline does not have what it is chosen by.
    assert_eq!(select(&["--filter", "Category web", "--filter", "Interval 60"]).code, Some(3));
    assert_eq!(select(&["-p", "Disk"]).code, Some(0));
    assert_eq!(select(&[]).code, Some(0));
}

/// Nothing that was looked at on a host is no reason to go on, and every format says so.
#[test]
fn a_host_on_which_the_filters_select_nothing_is_not_good() {
    let mut other = daemon(&[("Disk", "OK")]);
    other["plugins"]["plugins"]["items"][0]["plugin"]["parameters"] = json!({"Category": "db"});
    let (good, other) = (Fake::start(&daemon(&[("Disk", "OK")])), Fake::start(&other));
    let hosts = ["-s", good.address(), other.address(), "--category", "web"];
    let told = format!("{}: no plugin is selected on it", other.address());
    for arguments in [["--within", "400ms"].as_slice(), &["--within", "400ms", "--min-ok", "2"]] {
        let done = gate(&[hosts.as_slice(), arguments].concat());
        assert!(done.code == Some(3) && done.stdout.contains(&told), "{done:?}");
    }
    assert_eq!(gate(&[hosts.as_slice(), &["--allow-bad", "1"]].concat()).code, Some(0));
    // A baseline knows that it was so before.
    let home = tempfile::tempdir().expect("a folder");
    let before = home.path().join("before.json").display().to_string();
    let done = Run::of(SMOKERCLI).args(["baseline", "-o", &before]).args(hosts).done();
    assert_eq!(done.code, Some(0), "{done:?}");
    let warning = format!("WARNING: Host {}: no plugin is selected on it", other.address());
    assert!(done.stderr.contains(&warning), "{done:?}");
    for format in ["text", "minimal", "long", "table", "json", "junit", "tap", "markdown", "github", "gitlab"] {
        let done = gate(&[hosts.as_slice(), &["--against", &before, "-o", format]].concat());
        assert_eq!(done.code, Some(0), "{format}: {done:?}");
        let word = if format == "json" { "\"lookedAt\":false" } else { "not looked at: no plugin is selected on it" };
        assert!(done.stdout.contains(word), "{format}: {}", done.stdout);
        let is_counted = done.stdout.contains("2 of 2 hosts settled, 1 of them not looked at");
        assert!(is_counted || ["json", "junit", "gitlab"].contains(&format), "{format}: {}", done.stdout);
    }
    let review = gate(&[hosts.as_slice(), &["--against", &before, "--fail-on", "review"]].concat());
    assert_eq!(review.code, Some(4), "{review:?}");
    // One that was made by other options does not.
    let all = ["-s", good.address(), other.address()];
    let done = Run::of(SMOKERCLI).args(["baseline", "-p", "Disk", "-o", &before]).args(all).done();
    assert_eq!(done.code, Some(0), "{done:?}");
    let done = gate(&[hosts.as_slice(), &["--against", &before, "--within", "400ms"]].concat());
    assert!(done.code == Some(3) && done.stdout.contains(&told), "{done:?}");
}

/// A part that was WARN before and still is has not become worse, whatever WARN counts for.
#[test]
fn what_was_bad_before_is_judged_by_fail_on_too() {
    let warn = Fake::start(&daemon(&[("Disk", "WARN"), ("Load", "OK")]));
    let home = tempfile::tempdir().expect("a folder");
    let before = home.path().join("before.json").display().to_string();
    assert_eq!(Run::of(SMOKERCLI).args(["baseline", "-s", warn.address(), "-o", &before]).done().code, Some(0));
    let against = ["-s", warn.address(), "--against", &before, "--fail-on", "WARN", "--within", "400ms"];
    let done = gate(&against);
    assert!(done.code == Some(0) && done.stdout.contains("Disk: known failure [WARN]"), "{done:?}");
    assert_eq!(gate(&[against.as_slice(), &["--strict"]].concat()).code, Some(3));
}

/// Of two results of one plugin the bad one counts, wherever it is.
#[test]
fn a_bad_result_is_not_hidden_by_another_one_of_its_name() {
    let mut pages = daemon(&[("Disk", "OK"), ("Load", "ERROR")]);
    pages["forced"]["Load"]["plugin"]["name"] = json!("Disk");
    let fake = Fake::start(&pages);
    let done = gate(&["-s", fake.address(), "--exclude-plugins", "x", "--within", "600ms"]);
    assert!(done.code == Some(3) && done.stdout.contains("Disk: failure [ERROR]"), "{done:?}");
}

/// A host that answers is not called one that nobody has asked.
#[test]
fn a_first_round_that_is_under_way_at_the_deadline_is_told() {
    let mut pages = daemon(&[("Disk", "OK")]);
    pages["poll_202"] = json!(1_000_000);
    let fake = Fake::start(&pages);
    let done = gate(&["-s", fake.address(), "--within", "6s"]);
    assert_eq!(done.code, Some(3), "{done:?}");
    assert!(done.stdout.contains(": silent: its plugins were still running when the time was over\n"), "{done:?}");
}

#[test]
fn a_budget_is_for_a_report_too() {
    let good = Fake::start(&daemon(&[("Disk", "OK")]));
    let bad = Fake::start(&daemon(&[("Disk", "ERROR")]));
    let silent = Fake::start(&json!({"fail": "refuse"}));
    let hosts = ["-s", good.address(), bad.address(), silent.address(), "-f"];
    for (arguments, code) in [
        (["-e"].as_slice(), 69),
        (&["--allow-bad", "1"], 69),
        (&["--allow-bad", "2"], 0),
        (&["--allow-bad", "66%"], 69),
        (&["--allow-bad", "67%", "-e"], 0),
        (&["--min-ok", "2"], 69),
        (&["--min-ok", "33%"], 0),
        (&["--fail-on", "UNREACHABLE", "--allow-bad", "1"], 0),
    ] {
        let done = Run::of(SMOKERCLI).args([hosts.as_slice(), arguments].concat()).done();
        assert_eq!(done.code, Some(code), "{arguments:?}: {}", done.stderr);
    }
    let done = Run::of(SMOKERCLI).args([hosts.as_slice(), &["--allow-bad", "2"]].concat()).done();
    assert!(done.stderr.contains("INFO: 2 of 3 hosts are bad; 2 may be bad"), "{}", done.stderr);
}
