//! `explain` of the daemon, of the client and of `smokerd` alone: what it says of plugins that do not run, and why.

use std::fs;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value as Json;
use smoker_tests::binary;
use smoker_tests::cli::{self, Output};
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::sandbox::Sandbox;
use smoker_tests::wait;

fn smokercli(daemon: &Daemon, line: &str) -> Output {
    let mut command = Command::new(binary::path("smokercli"));
    command.args(line.split_whitespace()).args(["--no-progress", "-s", &daemon.address().to_string()]);
    command.env("HOME", daemon.path(""));
    cli::run(&mut command)
}

fn alone(sandbox: &Sandbox, name: &str) -> Output {
    cli::smokerd(sandbox, &["--explain", name, "-c", "{{DIR}}/smokerd.yaml"])
}

fn with_absent_plugins() -> Config {
    Config::new()
        .plugin("Good", "Command: echo x\nInterval: 1h")
        .plugin("Broken", "Command: echo x\nInterval: 4\nAt: '25:00'")
        .plugin("Away", "Command: echo x\nInterval: 4\nEnabled: false")
        .plugin("Odd", "[]")
}

#[test]
fn a_plugin_that_is_not_loaded_is_not_explained_as_if_it_ran() {
    let sandbox = Sandbox::new();
    with_absent_plugins().write(&sandbox).expect("writable");
    for (name, reason) in [
        ("Broken", "Plugin Broken not loaded: "),
        ("away", "Plugin Away is switched off (Enabled: false)"),
        ("Odd", "Plugin Odd not loaded: "),
    ] {
        let explained = alone(&sandbox, name);
        let place = format!("{}:", sandbox.path("smokerd.yaml").display());
        assert_eq!(explained.code, 1, "{explained:?}");
        assert!(explained.stdout.contains("not loaded:\n"), "{explained:?}");
        let line = explained.stdout.lines().find(|line| line.contains(reason));
        assert!(line.is_some_and(|line| line.trim().starts_with(&place)), "{explained:?}");
        for part in ["schedule:", "next runs:", "there is no plugin"] {
            assert!(!explained.text().contains(part), "{part}: {explained:?}");
        }
    }
    let broken = alone(&sandbox, "Broken");
    assert!(broken.stdout.contains("configuration:") && broken.stdout.contains("Command  = echo x"), "{broken:?}");
    assert_eq!(alone(&sandbox, "Good").code, 0);
    let near = alone(&sandbox, "Awyy");
    assert!(near.code == 1 && near.stderr.contains("did you mean Away?"), "{near:?}");

    // No daemon starts with it, and the reason is that of the plugin.
    Config::new().plugin("Away", "Command: x\nEnabled: false").write(&sandbox).expect("writable");
    let away = alone(&sandbox, "Away");
    assert!(away.code == 1 && away.stdout.contains("is switched off (Enabled: false)"), "{away:?}");
}

#[test]
fn a_daemon_says_which_plugins_of_the_configuration_it_does_not_have() {
    let daemon = Daemon::start(with_absent_plugins());
    let place = daemon.path("smokerd.yaml").display().to_string();
    for (name, reason) in [("Away", "Plugin Away is switched off"), ("broken", "Plugin Broken not loaded: ")] {
        let answer = daemon.get(&format!("/plugins/{name}/explain"));
        assert_eq!(answer.status, 404);
        let message = answer.json()["message"].as_str().expect("a message").to_owned();
        assert!(message.starts_with(&place) && message.contains(reason), "{message}");
        let explained = smokercli(&daemon, &format!("explain {name}"));
        assert!(explained.code == 1 && explained.text().contains(reason), "{explained:?}");
    }
    let unknown: Json = daemon.get("/plugins/Nothing/explain").json();
    assert_eq!(unknown["message"], "Plugin Nothing not found");

    let _ =
        daemon.reload(&Config::new().plugin("Away", "Command: echo x").plugin("Good", "Command: x\nEnabled: false"));
    assert_eq!(daemon.get("/plugins/Away/explain").status, 200);
    assert!(daemon.get("/plugins/Good/explain").text().contains("Plugin Good is switched off"));
}

/// The lines of a section of an explanation.
fn section(daemon: &Daemon, plugin: &str, name: &str) -> String {
    let page = daemon.get(&format!("/plugins/{plugin}/explain")).json();
    page["explanation"][name].to_string()
}

#[test]
fn why_runs_did_not_take_place_is_said_by_the_clocks_of_the_plugin() {
    let config = Config::new()
        .plugin("Db", "Command: test -e {{DIR}}/well")
        .plugin("Web", "Command: echo x\nInterval: 0.2\nSplay: 0\nDependsOn: Db\nTimezone: Asia/Tokyo")
        .plugin("Copy", "Command: echo x\nAfter: Db\nTimezone: Asia/Tokyo")
        .plugin("Locked", "Command: echo x\nMaintenanceLock: {{DIR}}/lock");
    let daemon = Daemon::start(config);
    assert!(section(&daemon, "Copy", "inTheWay").contains("After: Db has no result yet"));
    assert_eq!(section(&daemon, "Locked", "inTheWay"), "[]");

    assert_eq!(daemon.run("Db").status(), "ERROR");
    wait::until_true("runs to be skipped", || section(&daemon, "Web", "skipped").contains("Db is ERROR since "));
    let shown = smokercli(&daemon, "explain Web").stdout;
    let lines = |part: &str| shown.lines().filter(|line| line.contains(part)).collect::<Vec<_>>().join("\n");
    let in_the_way = lines("its runs are skipped: Db is ERROR since ");
    assert!(in_the_way.ends_with("+09:00"), "{shown}");
    assert!(!lines("skipped since the start, because a plugin that it depends on was bad").is_empty(), "{shown}");
    assert!(lines("+09:00: Db is ERROR since ").lines().count() <= 5, "{shown}");
    assert!(!shown.contains("the log has the reasons"), "{shown}");
    let after = section(&daemon, "Copy", "inTheWay");
    assert!(
        after.contains("After: Db is ERROR since ") && after.contains("+09:00; this runs when it ends OK"),
        "{after}"
    );

    fs::write(daemon.path("well"), "").expect("writable");
    assert_eq!(daemon.run("Db").status(), "OK");
    wait::until_true("it to run again", || section(&daemon, "Web", "inTheWay") == "[]");
    assert!(section(&daemon, "Web", "skipped").contains("skipped since the start"));
    assert_eq!(section(&daemon, "Copy", "inTheWay"), "[]");

    fs::write(daemon.path("lock"), "").expect("writable");
    let lock = daemon.path("lock").display().to_string();
    let locked = daemon.run("Locked");
    assert_eq!(locked.0["messages"]["warn"][0], "Skipped because of maintenance in progress");
    let named = format!("MaintenanceLock {lock} exists: nothing is checked");
    assert!(section(&daemon, "Locked", "inTheWay").contains(&named));
    let alone = alone(&daemon.sandbox, "Locked");
    assert!(alone.stdout.contains(&named), "{alone:?}");
    let logged = format!("Skipped because of maintenance in progress (MaintenanceLock {lock})");
    wait::until_true("the log to name the lock", || daemon.log().contains(&logged));
}

#[test]
fn calls_of_actions_that_are_due_and_restarts_are_explained() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let config = Config::new()
        .action("Tell", "Command: 'true'\nActionOn: change\nActionGroup: 10m\nRepeat: 1h")
        .action("Mend", "Module: smoker.actions.restart\nService: nosuch\nStateFile: {{DIR}}/times\nActionOn: recovery")
        .file("times", &format!("{}\n{now}\n", now - 7200))
        .plugin("App", "Command: exit 1\nActions: [Tell, Mend]");
    let daemon = Daemon::start(config);
    let relations = section(&daemon, "App", "relations");
    assert!(
        relations.contains("Tell (on change, again each 3600 s while it is bad, collected for 600 s)"),
        "{relations}"
    );
    assert!(
        relations.contains("action Mend: restarted nosuch 1 of at most 3 times within the last hour"),
        "{relations}"
    );
    assert!(!relations.contains("waits until"), "{relations}");
    let _ = daemon.run("App");
    wait::until_true("the call to wait for others", || {
        let relations = section(&daemon, "App", "relations");
        relations.contains("action Tell: waits until 20") && relations.contains(" for others of the group")
    });
}

#[test]
fn a_template_of_a_webhook_that_names_no_field_is_refused() {
    let sandbox = Sandbox::new();
    let webhook = |text: &str| {
        let action = format!(
            "Module: smoker.actions.webhook\nUrl: http://127.0.0.1:{}/\nBody: {{text: '{text}'}}",
            sandbox.port()
        );
        let config = Config::new().action("Chat", &action).plugin("App", "Command: echo x\nAction: Chat");
        config.write(&sandbox).expect("writable");
        let run = |arguments: &[&str]| cli::smokerd(&sandbox, &[arguments, &["-c", "{{DIR}}/smokerd.yaml"]].concat());
        (run(&["--check"]).text(), run(&["--test-action", "Chat"]).text())
    };
    let wrong = "Body has %(Component)s, and there is no field Component; did you mean %(componentResults)s?";
    let (checked, tested) = webhook("%(status)s of %(Component)s");
    assert!(checked.contains(wrong), "{checked}");
    assert!(tested.contains(wrong), "{tested}");
    let (checked, tested) = webhook("%(status)s after %(duration)s s: %(exitStatus)s");
    assert!(!(checked.clone() + &tested).contains("there is no field"), "{checked}\n{tested}");
}

#[test]
fn an_explanation_shows_what_is_written_first_and_is_there_for_programs() {
    let sandbox = Sandbox::new();
    let config = Config::new().plugin("Backup", "Command: echo x\nAt: '02:30'\nTimezone: Europe/Prague");
    config.write(&sandbox).expect("writable");
    let explained = alone(&sandbox, "Backup");
    assert!(explained.stdout.contains("  at 02:30 in Europe/Prague\n"), "{explained:?}");
    let rows: Vec<_> = explained.stdout.lines().filter(|line| line.contains(" = ")).collect();
    let first_default = rows.iter().position(|row| row.ends_with("(default)")).expect("there are defaults");
    assert!(rows[first_default..].iter().all(|row| row.ends_with("(default)")), "{rows:#?}");
    assert!(!rows.iter().any(|row| row.contains("= null")), "{rows:#?}");

    let with =
        |format: &str| cli::smokerd(&sandbox, &["--explain", "Backup", "-c", "{{DIR}}/smokerd.yaml", "-o", format]);
    let json: Json = serde_json::from_str(&with("json").stdout).expect("JSON");
    assert_eq!(json["explanation"]["plugin"], "Backup");
    assert_eq!(json["explanation"]["nextRuns"].as_array().map(Vec::len), Some(5));
    let refused = with("xml");
    assert!(refused.code == 2 && refused.stderr.contains("--output has to be text or json"), "{refused:?}");
}
