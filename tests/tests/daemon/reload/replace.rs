//! SIGHUP: another configuration takes the place of the one that counts, all at once.

use std::fs;

use serde_json::{Value as Json, json};
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::http::Request;
use smoker_tests::lines::expect_line;
use smoker_tests::outcome::Outcome;
use smoker_tests::wait;

/// Says `WORD` when the file `go` exists; the file `begun` tells of each run that has begun.
fn waiting(word: &str) -> String {
    format!(
        "Command: echo {word} >> {{{{DIR}}}}/begun; while ! test -e {{{{DIR}}}}/go; do sleep 0.05; done; echo {word}\n\
         Timeout: 60"
    )
}

fn go(daemon: &Daemon) {
    fs::write(daemon.path("go"), "").expect("writable");
}

fn lines(daemon: &Daemon, file: &str) -> Vec<String> {
    let text = fs::read_to_string(daemon.path(file)).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

fn listed(daemon: &Daemon) -> Vec<String> {
    let page = daemon.get("/plugins").json();
    let items = page["plugins"]["items"].as_array().unwrap_or_else(|| panic!("no items in {page}"));
    items.iter().map(|item| item["plugin"]["name"].as_str().expect("a name").to_owned()).collect()
}

fn next_run(daemon: &Daemon, name: &str) -> Json {
    daemon.plugin(name)["plugin"]["nextRun"].clone()
}

fn messages(results: &[Outcome]) -> Vec<String> {
    results.iter().map(|result| result.info().join(" ")).collect()
}

#[test]
fn what_is_added_changed_removed_and_unchanged_is_seen_at_once_and_reported_in_one_line() {
    let hourly = |word: &str| format!("Command: echo {word}\nInterval: 1h");
    let before = Config::new()
        .plugin("stays", &hourly("stays"))
        .plugin("goes", &hourly("goes"))
        .plugin("changes", &hourly("old"));
    let daemon = Daemon::start(before);
    for name in ["stays", "goes", "changes"] {
        let _ = daemon.run(name);
    }
    let (stays, changes) = (next_run(&daemon, "stays"), next_run(&daemon, "changes"));
    let log = daemon.reload(
        &Config::new()
            .plugin("first", "Command: echo first")
            .plugin("changes", &hourly("new"))
            .plugin("stays", &hourly("stays"))
            .plugin("last", "Command: echo last"),
    );
    assert_eq!(listed(&daemon), ["first", "changes", "stays", "last"], "in the order of the new configuration");
    assert_eq!(daemon.get("/plugins/goes").expect_error(404), "Plugin goes not found");
    let body = json!({"process": {"plugins": ["goes"]}}).to_string();
    assert_eq!(daemon.send(&Request::post("/processes", body)).expect_error(500), "Plugin goes not found");
    expect_line(
        &log,
        &["INFO: Reloaded", "2 added (first, last)", "1 changed (changes)", "1 removed (goes)", "1 unchanged"],
    );

    assert_eq!(next_run(&daemon, "stays"), stays, "what is unchanged keeps its plan to the microsecond");
    assert_eq!(next_run(&daemon, "changes"), changes, "what is changed runs no later than it was to");
    assert_eq!(messages(&daemon.results("stays")), ["stays"]);
    assert_eq!(messages(&daemon.results("changes")), ["old"], "what is changed keeps its history");
    assert_eq!(daemon.plugin("changes")["plugin"]["parameters"]["Command"], "echo new");
    daemon.run("changes").expect_ok(&["new"]);
    daemon.run("first").expect_ok(&["first"]);
}

#[test]
fn nothing_changes_when_the_file_says_the_same() {
    let odd = "Command: echo x\nInterval: 1h\nNumber: .nan\nDay: 2024-01-02\nMoment: 2024-01-02 03:04:05 +01:00";
    let before = Config::new().plugin("a", &format!("{odd}\nFirst: 1\nSecond: [1, x]"));
    let daemon = Daemon::start(before.clone());
    let planned = next_run(&daemon, "a");
    let log = daemon.reload(&before);
    expect_line(&log, &["0 added, 0 changed, 0 removed, 1 unchanged"]);
    // The order of parameters makes no other plugin, but pages have it.
    let log = daemon.reload(&Config::new().plugin("a", &format!("Second: [1, x]\nFirst: 1\n{odd}")));
    expect_line(&log, &["0 added, 0 changed, 0 removed, 1 unchanged"]);
    assert_eq!(next_run(&daemon, "a"), planned);
    let page = daemon.get("/plugins/a").text();
    assert!(page.find("\"Second\"") < page.find("\"First\""), "{page}");
    for (changed, line) in [
        ("Second: [1, y]", "1 changed (a)"),
        ("Second: [1, y]\nMoment: 2024-01-02 04:04:05 +02:00", "1 changed (a)"),
        ("Second: [1, y]\nAction: Tell", "1 changed (a)"),
    ] {
        let config = Config::new().action("Tell", "Command: echo told").plugin("a", changed);
        let log = daemon.reload(&config.base(odd));
        expect_line(&log, &[line]);
    }
    // An action that changes changes the plugins that have it.
    let config =
        Config::new().base(odd).action("Tell", "Command: echo more").plugin("a", "Second: [1, y]\nAction: Tell");
    expect_line(&daemon.reload(&config), &["1 changed (a)"]);
    daemon.run("a").action().expect("it ran").expect_ok(&["more"]);
}

#[test]
fn a_new_history_bound_applies_to_what_is_kept() {
    let config = |history: &str| {
        Config::new()
            .plugin("count", &format!("Command: echo x >> {{{{DIR}}}}/all; wc -l < {{{{DIR}}}}/all\n{history}"))
    };
    let daemon = Daemon::start(config("History: 5"));
    for _ in 0..4 {
        let _ = daemon.run("count");
    }
    let _ = daemon.reload(&config("History: 2"));
    assert_eq!(messages(&daemon.results("count")), ["3", "4"]);
    let _ = daemon.run("count");
    assert_eq!(messages(&daemon.results("count")), ["4", "5"]);
    let _ = daemon.reload(&config("History: 3"));
    let _ = daemon.run("count");
    assert_eq!(messages(&daemon.results("count")), ["4", "5", "6"]);
    let _ = daemon.reload(&config("History: 0"));
    assert_eq!(messages(&daemon.results("count")), [""; 0]);
}

#[test]
fn schedules_begin_change_and_end() {
    let beat = |name: &str| format!("Command: echo x >> {{{{DIR}}}}/{name}\nInterval: 0.2");
    let clock = "Command: 'true'\nInterval: 0.2\nHistory: 1000";
    let before = Config::new().plugin("clock", clock).plugin("ends", &beat("ends")).plugin("stops", &beat("stops"));
    let daemon = Daemon::start(before);
    let _ = daemon.wait_for_file("ends");
    let _ = daemon.wait_for_file("stops");
    let after = Config::new()
        .plugin("clock", clock)
        .plugin("stops", "Command: echo x >> {{DIR}}/stops")
        .plugin("begins", &beat("begins"));
    let _ = daemon.reload(&after);
    let _ = daemon.wait_for_file("begins");
    assert!(next_run(&daemon, "stops").is_null(), "without an interval nothing is planned");
    // What had begun before may have written until now; from here on nothing does.
    let ticks = daemon.results("clock").len();
    let _ = daemon.wait_for_results("clock", ticks + 4);
    let (ended, stopped) = (lines(&daemon, "ends").len(), lines(&daemon, "stops").len());
    let _ = daemon.wait_for_results("clock", ticks + 8);
    assert_eq!((lines(&daemon, "ends").len(), lines(&daemon, "stops").len()), (ended, stopped));
}

#[test]
fn a_removed_plugin_runs_by_time_no_more_while_its_last_run_goes_on() {
    let clock = |config: Config| config.plugin("clock", "Command: 'true'\nInterval: 0.2\nHistory: 1000");
    // Its first run holds the lock; others meanwhile only tell that they took place.
    let beat = "Command: |-\n  \
        mkdir {{DIR}}/lock || { echo x >> {{DIR}}/beats; exit 0; }\n  \
        while ! test -e {{DIR}}/go; do sleep 0.05; done; echo done\nTimeout: 60";
    let daemon = Daemon::start(clock(Config::new()).plugin("goes", beat));
    let process = daemon.force(&["goes"]);
    wait::until_true("the first run to hold the lock", || daemon.path("lock").exists());
    let _ = daemon.reload(&clock(Config::new()).plugin("goes", &format!("{beat}\nInterval: 0.3")));
    let _ = daemon.wait_for_file("beats");
    let _ = daemon.reload(&clock(Config::new()));
    let ticks = daemon.results("clock").len();
    let _ = daemon.wait_for_results("clock", ticks + 4);
    let beats = lines(&daemon, "beats").len();
    let _ = daemon.wait_for_results("clock", ticks + 8);
    assert_eq!(lines(&daemon, "beats").len(), beats);
    go(&daemon);
    daemon.finish(&process).remove(0).1.expect_ok(&["done"]);
}

#[test]
fn what_runs_finishes_under_the_old_definition_and_nobody_joins_it() {
    let daemon = Daemon::start(Config::new().plugin("slow", &waiting("old")));
    let old = daemon.force(&["slow"]);
    let _ = daemon.wait_for_file("begun");
    let _ = daemon.reload(&Config::new().plugin("slow", "Command: echo new"));
    daemon.run("slow").expect_ok(&["new"]);
    assert_eq!(daemon.get(&old).status, 202);
    go(&daemon);
    daemon.finish(&old).remove(0).1.expect_ok(&["old"]);
    assert_eq!(messages(&daemon.results("slow")), ["new", "old"], "its result is kept like any other");
}

#[test]
fn a_timed_run_finishes_under_the_old_definition() {
    let daemon = Daemon::start(Config::new().plugin("slow", &format!("{}\nInterval: 0.2", waiting("old"))));
    let _ = daemon.wait_for_file("begun");
    let _ = daemon.reload(&Config::new().plugin("slow", "Command: echo new"));
    go(&daemon);
    let results = daemon.wait_for_results("slow", 1);
    results[0].expect_ok(&["old"]);
    assert!(!results[0].forced());
}

#[test]
fn a_process_gets_its_result_from_a_plugin_that_was_removed() {
    let other = |config: Config| config.plugin("other", "Command: echo other");
    let daemon = Daemon::start(other(Config::new().plugin("slow", &format!("{}\nMark: here", waiting("slow")))));
    let done = daemon.force(&["other"]);
    let process = daemon.force(&["slow", "other"]);
    let _ = daemon.wait_for_file("begun");
    let log = daemon.reload(&other(Config::new()));
    expect_line(&log, &["1 removed (slow)"]);
    assert_eq!(listed(&daemon), ["other"]);
    assert_eq!(daemon.get(&process).status, 202);
    go(&daemon);
    let outcomes = daemon.finish(&process);
    assert_eq!(outcomes.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["slow", "other"]);
    outcomes[0].1.expect_ok(&["slow"]);
    let page = daemon.get(&process).json();
    let plugin = &page["plugins"]["items"][0]["plugin"];
    assert_eq!(plugin["parameters"]["Mark"], "here", "it is shown as it was");
    assert_eq!(plugin["lastResult"]["messages"]["info"], json!(["slow"]), "old clients look here");
    assert!(plugin["nextRun"].is_null());
    assert_eq!(daemon.get("/plugins/slow").status, 404);

    // The page stays, also when everything that it shows is gone.
    let _ = daemon.finish(&done);
    let _ = daemon.reload(&Config::new().plugin("third", "Command: 'true'"));
    daemon.finish(&process)[1].1.expect_ok(&["other"]);
    daemon.finish(&done)[0].1.expect_ok(&["other"]);
}

#[test]
fn what_waits_for_its_turn_runs_exactly_once_as_it_is_defined_then() {
    let quick = |word: &str| format!("Command: echo {word} >> {{{{DIR}}}}/{word}; echo {word}");
    let config = |config: Config| config.top("nr_concurrent_plugins: 1").plugin("blocker", &waiting("blocker"));
    let before = config(Config::new())
        .plugin("stays", &quick("stays"))
        .plugin("changes", &quick("old"))
        .plugin("goes", &quick("goes"));
    let daemon = Daemon::start(before);
    let blocker = daemon.force(&["blocker"]);
    let _ = daemon.wait_for_file("begun");
    let process = daemon.force(&["stays", "changes", "goes"]);
    let after = config(Config::new()).plugin("stays", &quick("stays")).plugin("changes", &quick("new"));
    let log = daemon.reload(&after);
    expect_line(&log, &["1 changed (changes)", "1 removed (goes)"]);
    let joining = daemon.force(&["changes"]);
    go(&daemon);
    let _ = daemon.finish(&blocker);
    let outcomes = daemon.finish(&process);
    for ((_, outcome), word) in outcomes.iter().zip(["stays", "new", "goes"]) {
        outcome.expect_ok(&[word]);
        assert_eq!(lines(&daemon, word), [word], "once");
    }
    assert_eq!(daemon.finish(&joining).remove(0).1, outcomes[1].1);
    assert!(!daemon.path("old").exists());
}

#[test]
fn a_timed_run_that_waits_for_its_turn_ends_with_its_plan() {
    let timed = |word: &str| format!("Command: echo x >> {{{{DIR}}}}/{word}\nInterval: 0.3");
    let config = |config: Config| {
        config.top("nr_concurrent_plugins: 1").plugin("blocker", &waiting("blocker")).plugin("free", "Command: 'true'")
    };
    let daemon = Daemon::start(config(Config::new()).plugin("changes", &timed("old")).plugin("goes", &timed("goes")));
    let _ = daemon.force(&["blocker"]);
    let _ = daemon.wait_for_file("begun");
    let planned = ["changes", "goes"].map(|name| (name, next_run(&daemon, name)));
    for (name, first) in planned {
        wait::until_true("a time to pass", || next_run(&daemon, name) != first);
    }
    let before = ["old", "goes"].map(|word| lines(&daemon, word).len());
    let _ = daemon.reload(&config(Config::new()).plugin("changes", &timed("new")));
    go(&daemon);
    let _ = daemon.wait_for_file("new");
    let _ = daemon.run("free");
    assert_eq!(["old", "goes"].map(|word| lines(&daemon, word).len()), before);
}

/// Fails (says `overlap`) when two runs of it meet; a run ends when the file `go` exists.
const LOCKED: &str = "Command: |-\n  \
    mkdir {{DIR}}/lock || { echo overlap; exit 0; }\n  \
    echo begun >> {{DIR}}/begun\n  \
    while ! test -e {{DIR}}/go; do sleep 0.05; done\n  \
    rmdir {{DIR}}/lock; echo alone\nTimeout: 60\nSerial: true";

#[test]
fn a_serial_plugin_never_runs_twice_at_a_time_whatever_is_reloaded() {
    let other = |config: Config| config.plugin("other", "Command: 'true'");
    let mark = |mark: u32| other(Config::new().plugin("slow", &format!("{LOCKED}\nMark: {mark}")));
    let daemon = Daemon::start(mark(1));
    let mut processes = vec![daemon.force(&["slow"])];
    let _ = daemon.wait_for_file("begun");
    // Changed while it runs, and removed and added again.
    let _ = daemon.reload(&mark(2));
    processes.push(daemon.force(&["slow"]));
    let _ = daemon.reload(&other(Config::new()));
    let _ = daemon.reload(&mark(3));
    processes.push(daemon.force(&["slow"]));
    let _ = daemon.reload(&mark(4));
    processes.push(daemon.force(&["slow"]));
    assert_eq!(lines(&daemon, "begun").len(), 1, "the others wait");
    go(&daemon);
    for process in processes {
        daemon.finish(&process).remove(0).1.expect_ok(&["alone"]);
    }
}

#[test]
fn a_plugin_that_comes_back_begins_again() {
    let a = |config: Config| config.plugin("a", "Command: echo a\nInterval: 1h");
    let daemon = Daemon::start(a(Config::new()).plugin("b", "Command: echo b"));
    let _ = daemon.run("a");
    let _ = daemon.reload(&Config::new().plugin("b", "Command: echo b"));
    let log = daemon.reload(&a(Config::new()));
    expect_line(&log, &["1 added (a)", "1 removed (b)"]);
    assert!(daemon.results("a").is_empty());
    daemon.run("a").expect_ok(&["a"]);
}
