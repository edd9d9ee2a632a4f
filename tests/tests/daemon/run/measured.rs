//! What a result says of its run besides what the run found.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value as Json, json};
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;

#[test]
fn a_result_has_duration_instant_and_end_behind_the_members_of_the_original() {
    let config = Config::new()
        .action("after", "Command: cat > {{DIR}}/input; exit 4\nStdin: json")
        .plugin("fails", "Command: sleep 0.3; exit 3\nAction: after\nsignal: mine")
        .plugin("killed", "Command: kill -9 $$")
        .plugin("late", "Command: exec sleep 60\nTimeout: 1")
        .plugin(
            "measures",
            r#"Command: "echo '{\"status\": \"OK\", \"perfdata\": [{\"label\": \"a\", \"value\": 1}]}'""#,
        );
    let daemon = Daemon::start(config);
    let before = Utc::now() - Duration::from_secs(1);
    let fails = daemon.run("fails").0;
    let names: Vec<_> = fails.as_object().expect("an object").keys().map(String::as_str).collect();
    let original = ["status", "messages", "lastRun", "componentResults", "action", "forced"];
    assert_eq!(names, [&original[..], &["duration", "lastRunUtc", "exitStatus"]].concat());
    assert_eq!((&fails["messages"], &fails["exitStatus"]), (&Json::Null, &json!(3)));
    let duration = fails["duration"].as_f64().expect("seconds");
    assert!((0.3..10.0).contains(&duration), "{duration}");
    let utc = fails["lastRunUtc"].as_str().expect("text");
    let started = DateTime::parse_from_rfc3339(utc).expect("RFC 3339");
    assert!(utc.ends_with('Z') && (before..Utc::now()).contains(&started.to_utc()), "{utc}");
    assert_eq!(fails["action"]["exitStatus"], 4, "an action has an end of its own");
    let input: Json = serde_json::from_str(&daemon.wait_for_file("input")).expect("JSON");
    assert_eq!((&input["exitStatus"], &input["signal"]), (&json!(3), &json!("mine")), "a parameter keeps its name");

    assert_eq!(
        (daemon.run("killed").0["signal"].clone(), daemon.run("late").0["signal"].clone()),
        (json!(9), json!(15))
    );
    assert_eq!(daemon.run("measures").0["perfdata"], json!([{"label": "a", "value": 1, "unit": ""}]));
    let parameters = daemon.plugin("fails")["plugin"]["parameters"].clone();
    let names: Vec<_> = parameters.as_object().expect("an object").keys().cloned().collect();
    let configured =
        ["Command", "Module", "Parser", "Interval", "Timeout", "History", "uid", "gid", "Template", "Action", "signal"];
    assert_eq!(names, configured, "a key that is not configured is no parameter");
}
