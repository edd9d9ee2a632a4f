//! Forced runs: whom a request finds, what it joins, and how long its result can be read.

use std::fs;

use serde_json::json;
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::http::Request;
use smoker_tests::wait;

/// How many finished processes a daemon keeps.
const KEPT: usize = 1000;

/// Writes a line when it begins and ends when the file `go` exists.
const WAITING: &str =
    "Command: echo x >> {{DIR}}/begun; while ! test -e {{DIR}}/go; do sleep 0.05; done; echo done\nTimeout: 60";

fn names(daemon: &Daemon, body: &serde_json::Value) -> Vec<String> {
    let process = daemon.force_with(body);
    daemon.finish(&process).into_iter().map(|(name, _)| name).collect()
}

#[test]
fn a_filter_finds_what_has_all_of_its_parameters() {
    let config = Config::new()
        .template("Web", "Category: web")
        .plugin("a", "Command: 'true'\nTemplate: Web\nLevel: 1")
        .plugin("b", "Command: 'true'\nTemplate: Web\nLevel: 2")
        .plugin("c", "Command: 'true'\nCategory: db\nLevel: 1")
        .plugin("d", "Command: 'true'\nTemplate: Web\nLevel: 1.0\nTags: [x, y]");
    let daemon = Daemon::start(config);
    let filter = |filter: serde_json::Value| names(&daemon, &json!({"process": {"filter": filter}}));
    assert_eq!(filter(json!({"Category": "web"})), ["a", "b", "d"]);
    assert_eq!(filter(json!({"Category": "web", "Level": 1})), ["a", "d"]);
    assert_eq!(filter(json!({"Level": 1, "Category": "db"})), ["c"]);
    assert_eq!(filter(json!({"Tags": ["x", "y"], "Level": 1.0, "Category": "web"})), ["d"]);
    assert_eq!(filter(json!({"Module": null, "Level": 2})), ["b"]);

    let none = json!({"process": {"filter": {"Category": "web", "Level": "1"}}});
    let response = daemon.send(&Request::post("/processes", none.to_string()));
    assert_eq!(response.expect_error(500), "", "text is no number");
}

#[test]
fn names_come_first_and_run_once() {
    let config = Config::new()
        .base("Kind: demo")
        .plugin("a", "Command: echo x >> {{DIR}}/a")
        .plugin("b", "Command: echo x >> {{DIR}}/b");
    let daemon = Daemon::start(config);
    let body = json!({"process": {"plugins": ["b", "b"], "filter": {"Kind": "demo"}}});
    assert_eq!(names(&daemon, &body), ["b", "b", "a", "b"]);
    assert_eq!(fs::read_to_string(daemon.path("b")).expect("b ran"), "x\n");
    assert_eq!(fs::read_to_string(daemon.path("a")).expect("a ran"), "x\n");
}

#[test]
fn a_forced_run_in_progress_is_joined() {
    let daemon = Daemon::start(Config::new().plugin("slow", WAITING));
    let first = daemon.force(&["slow"]);
    let _ = daemon.wait_for_file("begun");
    let second = daemon.force(&["slow"]);
    assert_eq!(daemon.get(&second).status, 202);
    fs::write(daemon.path("go"), "").expect("writable");
    let (first, second) = (daemon.finish(&first).remove(0).1, daemon.finish(&second).remove(0).1);
    first.expect_ok(&["done"]);
    assert_eq!(first, second, "both have the one result");
    assert_eq!(daemon.results("slow").len(), 1);
    assert_eq!(fs::read_to_string(daemon.path("begun")).expect("it ran"), "x\n");
}

#[test]
fn each_process_keeps_its_own_result() {
    let daemon = Daemon::start(Config::new().plugin("count", "Command: echo x >> {{DIR}}/all; wc -l < {{DIR}}/all"));
    let processes: Vec<_> = (0..3)
        .map(|_| {
            let process = daemon.force(&["count"]);
            let _ = daemon.finish(&process);
            process
        })
        .collect();
    assert_eq!(processes, ["/processes/1", "/processes/2", "/processes/3"]);
    for (number, process) in processes.iter().enumerate() {
        daemon.finish(process).remove(0).1.expect_ok(&[&(number + 1).to_string()]);
    }
}

#[test]
fn the_entry_exists_before_the_reply() {
    let daemon = Daemon::start(Config::new().plugin("quick", "Command: 'true'"));
    for _ in 0..50 {
        let process = daemon.force(&["quick"]);
        assert!(matches!(daemon.get(&process).status, 200 | 202));
    }
}

#[test]
fn the_oldest_finished_process_gives_way_and_its_page_says_so() {
    let config = Config::new().plugin("slow", WAITING).plugin("hang", "Command: sleep 300\nTimeout: 300");
    let daemon = Daemon::start(config);
    let hanging = daemon.force(&["hang"]);
    // All of them join the one run, so that they end together.
    let processes: Vec<_> = (0..=KEPT).map(|_| daemon.force(&["slow"])).collect();
    fs::write(daemon.path("go"), "").expect("writable");
    for process in &processes {
        let _ = daemon.finish(process);
    }
    let gone = wait::until("the oldest to give way", || {
        Some(daemon.get(&processes[0])).filter(|response| response.status == 404)
    });
    let gone = gone.expect_error(404);
    let never = daemon.get("/processes/999999").expect_error(404);
    assert_eq!(never, "Process id 999999 not found");
    assert_ne!(gone, "Process id 2 not found", "a process that is no longer kept says so");
    assert!(gone.contains("1000") || gone.contains("1,000"), "and says how many are kept: {gone}");
    assert_eq!(daemon.get(&hanging).status, 202, "a running process is always kept");
    let listed = daemon.get("/processes").json().as_array().map(Vec::len);
    assert_eq!(listed, Some(KEPT + 1));
}

#[test]
fn a_result_is_there_however_many_shorter_runs_ended_before_it() {
    let daemon = Daemon::start(Config::new().plugin("long", WAITING).plugin("short", "Command: 'true'"));
    let long = daemon.force(&["long"]);
    for _ in 0..KEPT + 5 {
        let _ = daemon.force(&["short"]);
    }
    fs::write(daemon.path("go"), "").expect("writable");
    daemon.finish(&long).remove(0).1.expect_ok(&["done"]);
}

#[test]
fn an_unknown_name_starts_nothing() {
    let daemon = Daemon::start(Config::new().plugin("a", "Command: echo x >> {{DIR}}/ran"));
    let body = json!({"process": {"plugins": ["a", "nobody"]}});
    let response = daemon.send(&Request::post("/processes", body.to_string()));
    assert_eq!(response.expect_error(500), "Plugin nobody not found");
    assert_eq!(daemon.get("/processes").json(), json!([]));
    let _ = daemon.run("a");
    assert_eq!(daemon.results("a").len(), 1);
}

#[test]
fn too_many_names_are_refused() {
    let daemon = Daemon::start(Config::new().plugin("a", "Command: 'true'"));
    let request = |count: usize| {
        let body = json!({"process": {"plugins": vec!["a"; count]}});
        daemon.send(&Request::post("/processes", body.to_string()))
    };
    let refused = request(10_001);
    assert_eq!(refused.status, 400);
    let message = refused.json()["message"].to_string();
    assert!(message.contains("More than 10000 plugins are named"), "{message}");
    let taken = request(10_000);
    assert_eq!(taken.status, 202);
    let shown = daemon.finish(taken.header("Location").expect("a place"));
    assert_eq!(shown.len(), 1 + 100, "it is shown again only within a bound");
}
