//! What changes behind the back of a gate: the daemon is restarted within a round or reads its configuration
//! again, and the schedule breaks plugins.

use std::fs;

use serde_json::{Value, json};

use crate::fake::Fake;
use crate::gate::daemon;
use crate::run::{Run, SMOKERCLI};

/// A daemon that behaves so until it has answered this number of requests of a stage, and otherwise from then on.
fn then(mut pages: Value, (stage, times): (&str, u64), into: &Value) -> Value {
    pages["then"] = json!({"at": stage, "times": times, "into": into});
    pages
}

/// The start `instance` of a daemon with these plugins.
fn started(instance: &str, plugins: &[(&str, &str)]) -> Value {
    let mut pages = daemon(plugins);
    pages["instance"] = json!(instance);
    pages
}

/// The report of a gate that proceeds.
fn report(fake: &Fake, options: &[&str]) -> Value {
    let ours = ["gate", "-s", fake.address(), "--no-progress", "--every", "100ms", "--within", "60s", "-o", "json"];
    let done = Run::of(SMOKERCLI).args([&ours, options].concat()).done();
    assert_eq!(done.code, Some(0), "{done:?}");
    serde_json::from_str(&done.stdout).expect("JSON")
}

/// The names of the plugins that were to run, of each request to run some.
fn forced(fake: &Fake) -> Vec<Value> {
    let requests = fake.requests();
    let posts = requests.iter().filter(|request| request["method"] == "POST");
    posts.map(|request| request["body"]["process"]["plugins"].clone()).collect()
}

/// The daemon is another one behind the wait, and what had settled on the one before is not known to be good there.
#[test]
fn a_restart_while_the_daemon_lets_no_more_runs_be_forced_is_noticed() {
    let plugins = |other| [("Other", other), ("Web", "OK")];
    let mut limited = started("a", &plugins("ERROR"));
    limited["refused_posts"] = json!(1);
    let restarted = started("b", &plugins("OK"));
    let limited = then(limited, ("post", 1), &restarted);
    let fake = Fake::start(&then(started("a", &plugins("ERROR")), ("poll", 1), &limited));
    let report = report(&fake, &[]);
    assert_eq!(report["hosts"][0]["restarts"], 1, "{report}");
    assert_eq!(forced(&fake).last(), Some(&json!(["Other", "Web"])), "{:?}", forced(&fake));
}

/// A daemon that starts again counts its processes from the beginning.
#[test]
fn a_process_of_another_start_of_the_daemon_is_not_that_of_the_round() {
    let good = [("Web", "OK")];
    let mut restarted = started("b", &good);
    restarted["others_run"] = json!([daemon(&[("Web", "ERROR")])["forced"]["Web"]]);
    let mut pages = then(started("a", &good), ("poll", 2), &restarted);
    pages["then"]["lost"] = json!(true);
    let fake = Fake::start(&pages);
    let report = report(&fake, &["--settle", "2"]);
    assert_eq!(report["hosts"][0]["restarts"], 1, "{report}");
    assert_eq!(report["hosts"][0]["parts"][0]["wavered"], false, "{report}");
    // Two rounds of each start.
    assert_eq!(forced(&fake).len(), 4);
}

/// The newer result has the older time.
#[test]
fn a_bad_result_counts_whatever_the_clock_of_the_host_says() {
    for time in ["2025-12-31T23:00:00", "2026-01-01T00:00:12"] {
        let mut pages = daemon(&[("Other", "OK"), ("Web", "OK")]);
        pages["plugins"]["plugins"]["items"][1]["plugin"]["lastResult"] =
            json!({"status": "ERROR", "messages": null, "componentResults": null, "lastRun": time});
        let fake = Fake::start(&then(daemon(&[("Other", "ERROR"), ("Web", "OK")]), ("poll", 1), &pages));
        let report = report(&fake, &[]);
        assert_eq!(forced(&fake)[1], json!(["Other", "Web"]), "{time}");
        // Its own page goes on showing that result, as of a daemon that keeps forced ones apart.
        assert_eq!(forced(&fake).len(), 2, "{time}");
        assert_eq!(report["hosts"][0]["parts"][1]["wavered"], true, "{time}: {report}");
    }
}

/// What the plugin was with its old configuration says nothing of the new one.
#[test]
fn a_reload_that_changes_a_plugin_has_it_settle_again() {
    let pages = |other, command: &str| {
        let mut pages = daemon(&[("Other", other), ("Web", "OK")]);
        pages["plugins"]["plugins"]["items"][1]["plugin"]["parameters"]["Command"] = json!(command);
        pages
    };
    let fake = Fake::start(&then(pages("ERROR", "true"), ("poll", 1), &pages("OK", "false")));
    let report = report(&fake, &[]);
    assert_eq!(forced(&fake), [json!(["Other", "Web"]), json!(["Other", "Web"])]);
    let told = [0_usize, 1].map(|at| report["hosts"][0]["parts"][at]["reconfigured"].clone());
    assert_eq!(told, [false, true], "{report}");
    assert_eq!(report["needsReview"], false, "as a restart");
}

/// What was bad for a moment while another plugin was waited for is for somebody to look at.
#[test]
fn every_format_shows_what_has_wavered() {
    let mut pages = daemon(&[("Other", "OK"), ("Web", "OK")]);
    pages["plugins"]["plugins"]["items"][1]["plugin"]["lastResult"] =
        json!({"status": "ERROR", "messages": null, "componentResults": null, "lastRun": "2026-01-01T00:00:12"});
    let fake = Fake::start(&then(daemon(&[("Other", "ERROR"), ("Web", "OK")]), ("poll", 1), &pages));
    let formats = ["text", "long", "table", "json", "raw", "junit", "tap", "markdown", "github", "gitlab"];
    let outputs: Vec<_> =
        formats.iter().flat_map(|format| ["-o".to_owned(), format!("{format}={format}.txt")]).collect();
    let ours =
        ["gate", "-s", fake.address(), "--no-progress", "--every", "100ms", "--within", "60s", "--fail-on", "review"];
    let run = Run::of(SMOKERCLI).args(ours.into_iter().chain(outputs.iter().map(String::as_str)));
    let (child, home) = run.start();
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(4), "{output:?}");
    for format in formats {
        let text = std::fs::read_to_string(home.path().join(format!("{format}.txt"))).expect("a report");
        let is_json = ["json", "raw"].contains(&format);
        let text = text.replace("\"wavered\": true", "\"wavered\":true");
        let word = if is_json { "\"wavered\":true" } else { "bad or gone after it was good" };
        assert!(text.contains(word), "{format}: {text}");
    }
}

/// What the same options selected before, and do not select any more, is gone: also by a parameter that a baseline does not have.
#[test]
fn what_a_deployment_takes_out_of_the_filter_is_gone() {
    let pages = |team: &str, status: &str| {
        let mut pages = daemon(&[("Db", "OK"), ("Web", status)]);
        for (at, team) in [(0, "x"), (1, team)] {
            pages["plugins"]["plugins"]["items"][at]["plugin"]["parameters"] = json!({"Team": team});
        }
        pages
    };
    let (old, new) = (Fake::start(&pages("x", "OK")), Fake::start(&pages("X", "ERROR")));
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let run = |fake: &Fake, words: &[&str]| {
        let hosts = format!("h1 smoker_host=127.0.0.1 smoker_port={}\n", fake.port());
        fs::write(path("hosts.ini"), hosts).expect("written");
        Run::of(SMOKERCLI).args([words, &["--inventory", &path("hosts.ini"), "--filter", "Team x"]].concat()).done()
    };
    let made = run(&old, &["baseline", "-o", &path("before.json")]);
    assert_eq!(made.code, Some(0), "{made:?}");
    let done = run(&new, &["gate", "--against", &path("before.json"), "--within", "2s", "--every", "100ms"]);
    assert!(done.code == Some(69) && done.stdout.contains("Web"), "{done:?}");
}
