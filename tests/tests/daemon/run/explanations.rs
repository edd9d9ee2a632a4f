//! `explain` of the daemon, of the client and of `smokerd` alone: what it says of plugins that do not run, and why.

use std::process::Command;

use serde_json::Value as Json;
use smoker_tests::binary;
use smoker_tests::cli::{self, Output};
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::sandbox::Sandbox;

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

    daemon.reload(&Config::new().plugin("Away", "Command: echo x").plugin("Good", "Command: x\nEnabled: false"));
    assert_eq!(daemon.get("/plugins/Away/explain").status, 200);
    assert!(daemon.get("/plugins/Good/explain").text().contains("Plugin Good is switched off"));
}
