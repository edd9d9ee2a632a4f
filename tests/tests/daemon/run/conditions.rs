//! Whether a run takes place, and whether its result counts: soft results, plugins that depend on others, groups, windows.

use std::fs;
use std::process::Command;

use serde_json::Value as Json;
use smoker_tests::cli::{self, Output};
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::{binary, wait};

fn smokercli(daemon: &Daemon, line: &str) -> Output {
    let mut command = Command::new(binary::path("smokercli"));
    command.args(line.split_whitespace()).args(["--no-progress", "-s", &daemon.address().to_string()]);
    command.env("HOME", daemon.path(""));
    cli::run(&mut command)
}

fn page(daemon: &Daemon, name: &str) -> Json {
    daemon.plugin(name)["plugin"].clone()
}

#[test]
fn a_plugin_waits_for_those_that_it_depends_on_and_follows_others() {
    let config = Config::new()
        .plugin("Db", "Command: test -e {{DIR}}/db\nInterval: 0.2\nSplay: 0\nRetries: 3")
        .plugin("App", "Command: echo up >> {{DIR}}/app\nInterval: 0.2\nSplay: 0\nDependsOn: Db")
        .plugin("Web", "Command: echo up\nInterval: 0.2\nSplay: 0\nDependsOn: App")
        .plugin("Lone", "Command: echo up >> {{DIR}}/lone\nInterval: 0.2\nSplay: 0\nDependsOn: Db\nOnParentBad: run")
        .plugin("Verify", "Command: echo verified\nAfter: Db");
    let daemon = Daemon::start(config);
    wait::until_true("Db to be hard", || page(&daemon, "Db")["state"] == "hard");
    wait::until_true("Web to be skipped", || page(&daemon, "Web")["skipped"].is_object());
    let (db, app, web) = (page(&daemon, "Db"), page(&daemon, "App"), page(&daemon, "Web"));
    assert!(db["attempt"].as_u64().is_some_and(|attempt| attempt >= 3), "{db}");
    assert_eq!((&app["skipped"]["parent"], &web["skipped"]["parent"]), (&"Db".into(), &"App".into()));
    let reason = app["skipped"]["reason"].as_str().expect("a reason");
    assert!(reason.starts_with("Db is ERROR since "), "{app}");
    let runs = || fs::read_to_string(daemon.path("app")).map_or(0, |text| text.lines().count());
    let before = runs();

    // The clients say so, and -e does not count it.
    let output = smokercli(&daemon, "-p App Db Web");
    assert!(output.stdout.contains("[UNKNOWN]") && output.stdout.contains(&format!("skipped: {reason}")), "{output:?}");
    assert!(output.stdout.contains("skipped because of it: App\n"), "{output:?}");
    assert_eq!(smokercli(&daemon, "-e -p App").code, 0);
    assert_eq!(smokercli(&daemon, "--fail-on UNKNOWN -p App").code, 69);
    let lone = daemon.wait_for_file("lone");
    assert!(lone.contains("up"), "OnParentBad: run");

    // A forced run takes place, and changes nothing of that.
    assert_eq!((daemon.run("App").status(), runs()), ("OK", before + 1));
    assert_eq!(page(&daemon, "App")["skipped"]["parent"], "Db");
    assert!(daemon.results("Verify").is_empty());

    fs::write(daemon.path("db"), "").expect("writable");
    wait::until_true("App and Web to run", || {
        runs() > before + 1
            && !page(&daemon, "Web")["lastResult"].is_null()
            && page(&daemon, "Web")["skipped"].is_null()
    });
    wait::until_true("Verify to run", || !daemon.results("Verify").is_empty());
    let results = daemon.get("/plugins/Verify/results?limit=1").json();
    assert_eq!(
        (&results["results"][0]["trigger"], &results["results"][0]["triggeredBy"]),
        (&"after".into(), &"Db".into())
    );
    let db = page(&daemon, "Db");
    assert_eq!((&db["state"], &db["attempt"]), (&"hard".into(), &1.into()));
    for name in ["state", "attempt", "skipped", "silence", "flapping"] {
        assert!(page(&daemon, "Lone")[name].is_null(), "{name}");
    }
}

#[test]
fn soft_results_are_tried_again_and_windows_keep_plugins_from_running() {
    let yesterday = (chrono::Local::now() - chrono::TimeDelta::days(1)).format("%a").to_string();
    let alone = "mkdir {{DIR}}/disk || exit 1; sleep 0.3; rmdir {{DIR}}/disk; echo alone";
    let config = Config::new()
        .plugin("Flaky", "Command: echo x >> {{DIR}}/flaky; exit 1\nInterval: 1h\nSplay: 3600\nMissed: once\nRetries: 3\nRetryInterval: 0.1s\nCron: '* * * * *'")
        .plugin("Never", &format!("Command: echo x\nInterval: 0.2\nSplay: 0\nOnly: {yesterday}"))
        .plugin("Maintained", "Command: echo x\nMaintenance: {Cron: '* * * * *', Duration: 2h}")
        .plugin("One", &format!("Command: {alone}\nSerialGroup: disk"))
        .plugin("Two", &format!("Command: {alone}\nSerialGroup: disk"))
        .plugin("Slow", "Command: sleep 20\nTimeout: 0.3s");
    let daemon = Daemon::start(config);

    let maintained = daemon.run("Maintained");
    let message = maintained.0["messages"]["warn"][0].as_str().expect("a message");
    assert_eq!(maintained.status(), "WARN");
    assert!(message.starts_with("Skipped because of maintenance in progress, until "), "{message}");

    let process = daemon.force(&["One", "Two"]);
    let outcomes = daemon.finish(&process);
    assert!(outcomes.iter().all(|(_, outcome)| outcome.status() == "OK"), "{outcomes:?}");
    let slow = daemon.run("Slow");
    assert!(slow.0.to_string().contains("Execution timeout after 0.3 seconds"), "{slow:?}");

    let explained = smokercli(&daemon, "explain Never");
    assert_eq!(explained.code, 0, "{explained:?}");
    for part in ["each 0.2 s", "Only: scheduled runs take place again from ", "smokerd.yaml:", "(default)"] {
        assert!(explained.stdout.contains(part), "{part}: {explained:?}");
    }
    assert_eq!(smokercli(&daemon, "explain Nothing").code, 1);
    let config = daemon.path("smokerd.yaml").display().to_string();
    let alone = cli::smokerd(&daemon.sandbox, &["--explain", "Maintained", "-c", &config]);
    assert!(alone.code == 0 && alone.stdout.contains("Maintenance until "), "{alone:?}");

    let never = page(&daemon, "Never");
    assert!(never["lastResult"].is_null(), "{never}");
    let next = never["nextRun"].as_str().expect("it runs in days");
    let days = chrono::NaiveDateTime::parse_from_str(next, "%Y-%m-%dT%H:%M:%S%.f").expect("a time")
        - chrono::Local::now().naive_local();
    assert!(days > chrono::TimeDelta::days(4), "{next}");
}
