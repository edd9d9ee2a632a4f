//! Runs and daemons with ids of their own. Most of it only root can show; for
//! others those tests are ignored.

use std::fs;
use std::os::unix::fs::MetadataExt;

use smoker_tests::cli;
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::machine::processes;
use smoker_tests::sandbox::Sandbox;

const NOBODY: u32 = 65_534;

/// Shows the ids of the shell itself: real, effective, saved and file system ids, and the groups.
const IDS: &str = "Command: grep -E '^(Uid|Gid|Groups):' /proc/self/status | tr -s '\\t ' ' '";

fn all_four(id: u32) -> String {
    format!("{id} {id} {id} {id}")
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn all_ids_and_groups_are_dropped() {
    let daemon = Daemon::start(Config::new().plugin("who", &format!("{IDS}\nuid: 12345\ngid: 12346")));
    let outcome = daemon.run("who");
    let lines: Vec<_> = outcome.info().iter().map(|line| line.trim()).collect();
    assert_eq!(lines, [format!("Uid: {}", all_four(12345)), format!("Gid: {}", all_four(12346)), "Groups:".to_owned()]);
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn names_are_accepted_and_bring_their_groups() {
    let group =
        String::from_utf8(std::process::Command::new("id").args(["-gn", "nobody"]).output().expect("id runs").stdout);
    let group = group.expect("a name").trim().to_owned();
    let daemon = Daemon::start(
        Config::new().plugin("who", &format!("Command: id -un; id -gn; id -G\nuid: nobody\ngid: {group}")),
    );
    let groups =
        String::from_utf8(std::process::Command::new("id").args(["-G", "nobody"]).output().expect("id runs").stdout);
    daemon.run("who").expect_ok(&["nobody", &group, groups.expect("numbers").trim()]);
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn root_cannot_be_regained() {
    let regain = "import os, sys\n\
        for how in (lambda: os.setuid(0), lambda: os.seteuid(0), lambda: os.setresuid(0, 0, 0), lambda: os.setgid(0), lambda: os.setgroups([0])):\n\
        \x20   try:\n        how()\n    except PermissionError:\n        continue\n    sys.exit('regained')\n\
        print('kept out')\n";
    let config = Config::new()
        .file("regain.py", regain)
        .plugin("thief", &format!("Command: python3 -I {{{{DIR}}}}/regain.py\nuid: {NOBODY}\ngid: {NOBODY}"));
    Daemon::start(config).run("thief").expect_ok(&["kept out"]);
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn an_action_runs_as_its_plugin_does() {
    let config = Config::new()
        .action("who", "Command: id -u; id -g")
        .plugin("plugin", &format!("Command: 'true'\nuid: {NOBODY}\ngid: {NOBODY}\nAction: who"));
    let outcome = Daemon::start(config).run("plugin");
    outcome.action().expect("it ran").expect_ok(&["65534", "65534"]);
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn a_timeout_ends_a_run_of_another_user() {
    let config =
        Config::new().plugin("slow", &format!("Command: sleep 300\nTimeout: 0.5\nuid: {NOBODY}\ngid: {NOBODY}"));
    let daemon = Daemon::start(config);
    let before = daemon.processes();
    assert_eq!(daemon.run("slow").expect_error(), "Execution timeout after 0.5 seconds");
    assert_eq!(daemon.processes(), before);
}

#[test]
fn one_id_alone_is_an_error_of_the_run() {
    let config = Config::new()
        .plugin("half", "Command: echo x > {{DIR}}/ran\ngid: 65534")
        .plugin("other", "Command: echo x > {{DIR}}/ran\nuid: 65534");
    let daemon = Daemon::start(config);
    for (name, missing) in [("half", "uid"), ("other", "gid")] {
        let outcome = daemon.run(name);
        assert!(outcome.expect_error().contains(missing), "{}", outcome.0);
        assert!(outcome.forced());
    }
    assert!(!daemon.path("ran").exists());
}

#[test]
fn an_unknown_name_is_an_error_of_the_run() {
    let config = Config::new().plugin("who", "Command: echo x > {{DIR}}/ran\nuid: nosuchuser\ngid: nosuchgroup");
    let daemon = Daemon::start(config);
    let error = daemon.run("who").expect_error();
    assert!(error.contains("nosuchuser"), "{error}");
    assert!(!daemon.path("ran").exists());
}

#[test]
#[cfg_attr(as_root, ignore = "root can take every id")]
fn an_id_that_cannot_be_taken_refuses_the_run() {
    let daemon = Daemon::start(Config::new().plugin("who", "Command: echo x > {{DIR}}/ran\nuid: 12345\ngid: 12345"));
    let error = daemon.run("who").expect_error();
    assert!(error.contains("12345"), "{error}");
    assert!(!daemon.path("ran").exists());
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn an_id_that_nobody_can_have_refuses_the_run() {
    // The system calls take this number for "leave it as it is".
    let daemon =
        Daemon::start(Config::new().plugin("who", "Command: echo x > {{DIR}}/ran\nuid: 4294967295\ngid: 4294967295"));
    let error = daemon.run("who").expect_error();
    assert!(error.contains("uid"), "{error}");
    assert!(!daemon.path("ran").exists());
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn the_daemon_takes_its_own_ids() {
    let config = Config::new().top("uid: 12345\ngid: 12346").plugin("who", IDS);
    let daemon = Daemon::start(config);
    let status = processes::status(daemon.pid()).expect("it runs");
    let field = |name: &str| status[name].split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!((field("Uid"), field("Gid"), field("Groups")), (all_four(12345), all_four(12346), String::new()));
    let outcome = daemon.run("who");
    assert_eq!(outcome.info()[0].trim(), format!("Uid: {}", all_four(12345)));
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn under_a_daemon_with_ids_a_plugin_that_wants_others_is_left_out() {
    let config = Config::new()
        .top("uid: 12345\ngid: 12345")
        .plugin("plain", "Command: id -u")
        .plugin("same", "Command: id -u\nuid: 12345\ngid: 12345")
        .plugin("other", "Command: id -u\nuid: 12346\ngid: 12346");
    let daemon = Daemon::start(config);
    daemon.run("plain").expect_ok(&["12345"]);
    daemon.run("same").expect_ok(&["12345"]);
    assert_eq!(daemon.get("/plugins/other").status, 404);
    assert!(
        daemon.log().lines().any(|line| line.contains("Plugin other not loaded") && line.contains("uid")),
        "{}",
        daemon.log()
    );
}

#[test]
fn an_unknown_id_of_the_daemon_ends_the_start() {
    let sandbox = Sandbox::new();
    let config = Config::new().top("uid: nosuchuser\ngid: nosuchgroup").plugin("p", "Command: 'true'");
    config.write(&sandbox).expect("writable");
    let output = cli::smokerd(&sandbox, &["-fg", "--no-syslog", "-c", "{{DIR}}/smokerd.yaml", "-p", "{{PIDFILE}}"]);
    output.expect_code(1);
    assert!(output.stderr.contains("nosuchuser"), "{}", output.stderr);
}

#[test]
#[cfg_attr(as_root, ignore = "root can take every id")]
fn an_id_that_the_daemon_cannot_take_ends_the_start() {
    let sandbox = Sandbox::new();
    Config::new().top("uid: 12345\ngid: 12345").plugin("p", "Command: 'true'").write(&sandbox).expect("writable");
    let output = cli::smokerd(&sandbox, &["-fg", "--no-syslog", "-c", "{{DIR}}/smokerd.yaml", "-p", "{{PIDFILE}}"]);
    output.expect_code(1);
    assert!(output.stderr.contains("12345"), "{}", output.stderr);
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn files_that_a_run_makes_are_its_users() {
    let made = tempfile::Builder::new().prefix("smoker").tempdir().expect("a temporary folder");
    std::os::unix::fs::chown(made.path(), Some(NOBODY), Some(NOBODY)).expect("root may");
    let file = made.path().join("made");
    let config =
        Config::new().plugin("writer", &format!("Command: touch {}\nuid: {NOBODY}\ngid: {NOBODY}", file.display()));
    let daemon = Daemon::start(config);
    assert_eq!(daemon.run("writer").status(), "OK");
    let metadata = fs::metadata(&file).expect("it was made");
    assert_eq!((metadata.uid(), metadata.gid()), (NOBODY, NOBODY));
}
