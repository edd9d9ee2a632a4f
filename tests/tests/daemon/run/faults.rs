//! Whatever is killed with SIGKILL, the rest goes on, and nothing is left behind.

use std::fs;
use std::process::Command;
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use smoker_tests::binary;
use smoker_tests::boot::Boot;
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::machine::containment::Level;
use smoker_tests::machine::processes::{self, Token};
use smoker_tests::started::Started;
use smoker_tests::wait;

/// A command that hides a process with this token and goes on.
fn hides(token: &Token) -> String {
    format!("Command: \"env -i setsid sh -c 'setsid sleep {token} &' & exec sleep {token}\"\nTimeout: 300")
}

fn kill_hard(pid: i32) {
    kill(Pid::from_raw(pid), Signal::SIGKILL).expect("it lives");
}

/// The one process of this daemon with this argument.
fn helper(daemon: &Daemon, argument: &str) -> Option<i32> {
    let own = daemon.processes();
    processes::with_argument(argument).into_iter().find(|pid| own.contains(pid))
}

fn wait_for_helper(daemon: &Daemon, argument: &str, not: i32) -> i32 {
    wait::until(&format!("a process with {argument}"), || helper(daemon, argument).filter(|pid| *pid != not))
}

#[test]
fn a_killed_daemon_is_followed_by_the_next_at_once() {
    let (old, new) = (Token::new(), Token::new());
    let config = |token: &Token| Config::new().plugin("hides", &(hides(token) + "\nInterval: 0.1\nSerial: true"));
    let daemon = Boot::in_background(config(&old)).start();
    wait::until_true("the run", || old.holders().len() == 2);
    let first = daemon.pid();
    daemon.write(&config(&new));
    daemon.signal(Signal::SIGKILL);
    wait::until_true("the daemon's end", || !processes::is_running(first));
    daemon.launch().expect_code(0);
    assert_ne!(daemon.pid(), first, "the stale pidfile was taken over");
    old.wait_until_free();
    wait::until_true("the new daemon's run", || new.holders().len() == 2);
    let log = fs::read_to_string(daemon.pidfile()).expect("a pidfile");
    assert_eq!(log.trim(), daemon.pid().to_string());
    daemon.stop().expect_code(0);
    new.wait_until_free();
}

/// Without cgroups nothing but the daemon's own look tells of a process that gave up all marks and lost its parent.
#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn a_killed_daemon_leaves_no_orphan_without_marks() {
    let token = Token::new();
    let hides = format!("env -i setsid prlimit --locks=0: sleep {token}");
    let config = Config::new().plugin(
        "silent",
        &format!("Command: \"(sh -c '{hides} & sleep 0.2' </dev/null >/dev/null 2>&1); exec sleep {token}\""),
    );
    let Some(level) = Level::Marks.through() else { return };
    let mut daemon = Boot::of(config).through(level).start();
    let _ = daemon.force(&["silent"]);
    wait::until_true("the run", || token.holders().len() == 2);
    // Nothing tells when the daemon has looked; what is promised is a second.
    thread::sleep(Duration::from_secs(2));
    daemon.signal(Signal::SIGKILL);
    assert_eq!(daemon.wait_for_exit(), -9);
    token.wait_until_free();
}

#[test]
fn the_runs_of_a_killed_daemon_may_still_end_in_order() {
    let module = "import time\nfrom smoker.server.plugins import BasePlugin\nclass Plugin(BasePlugin):\n    def run(self):\n        \
                  try:\n            open('{{DIR}}/module.runs', 'w').close()\n            time.sleep(300)\n        \
                  finally:\n            open('{{DIR}}/module.ended', 'w').close()\n";
    let command =
        "trap 'sleep 0.3; touch {{DIR}}/command.ended; exit' TERM; touch {{DIR}}/command.runs; sleep 300 & wait";
    let config = Config::new()
        .file("orderly.py", module)
        .plugin("command", &format!("Command: \"{command}\""))
        .plugin("module", "Module: orderly");
    let mut daemon = Daemon::start(config);
    let _ = daemon.force(&["command", "module"]);
    let are_there = |what: &str| ["command", "module"].iter().all(|run| daemon.path(&format!("{run}.{what}")).exists());
    wait::until_true("the runs", || are_there("runs"));
    daemon.signal(Signal::SIGKILL);
    wait::until_true("what they do at SIGTERM", || are_there("ended"));
    assert_eq!(daemon.wait_for_exit(), -9);
}

#[test]
fn a_killed_guardian_is_replaced() {
    let (plain, going_on, finished) = (Token::new(), Token::new(), Token::new());
    let config = Config::new()
        .plugin("plain", &hides(&plain))
        .plugin("going on", &(hides(&going_on) + "\nLeaveRunning: true"))
        .plugin("finished", &format!("Command: setsid sleep {finished} >/dev/null 2>&1 &\nLeaveRunning: true"));
    let mut daemon = Daemon::start(config);
    assert_eq!(daemon.run("finished").status(), "OK");
    let _ = daemon.force(&["plain", "going on"]);
    wait::until_true("the runs", || plain.holders().len() == 2 && going_on.holders().len() == 2);
    let guardian = wait_for_helper(&daemon, "__guardian", 0);
    kill_hard(guardian);
    let another = wait_for_helper(&daemon, "__guardian", guardian);
    assert!(
        daemon.log().contains("WARNING: the guardian died (signal: 9 (SIGKILL)); starting another"),
        "{}",
        daemon.log()
    );
    daemon.signal(Signal::SIGKILL);
    assert_eq!(daemon.wait_for_exit(), -9);
    wait::until_true("the guardian's end", || !processes::is_running(another));
    assert_eq!((plain.holders(), going_on.holders()), (vec![], vec![]));
    assert_eq!(finished.holders().len(), 1);
}

#[test]
fn a_guardian_that_was_stopped_keeps_nobody() {
    let mut daemon = Daemon::start(Config::new().plugin("hello", "Command: echo hello"));
    let guardian = wait_for_helper(&daemon, "__guardian", 0);
    kill(Pid::from_raw(guardian), Signal::SIGSTOP).expect("it lives");
    daemon.run("hello").expect_ok(&["hello"]);
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait_for_exit(), 0);
    assert!(!processes::is_running(guardian));
}

#[test]
fn a_signal_to_all_of_a_service_leaves_nothing_behind() {
    // As a service manager does that signals every process of a service.
    let token = Token::new();
    let mut daemon = Daemon::start(Config::new().plugin("hides", &hides(&token)));
    let _ = daemon.force(&["hides"]);
    wait::until_true("the run", || token.holders().len() == 2);
    let guardian = wait_for_helper(&daemon, "__guardian", 0);
    for pid in [guardian, daemon.pid()] {
        kill(Pid::from_raw(pid), Signal::SIGTERM).expect("it lives");
    }
    assert_eq!(daemon.wait_for_exit(), 0);
    assert_eq!(token.holders(), [0; 0]);
    assert!(!processes::is_running(guardian));
}

#[test]
fn a_killed_python_host_takes_its_runs_along_and_the_next_has_another() {
    let token = Token::new();
    let module = "import subprocess, time\nfrom smoker.server.plugins import BasePlugin\n\n\
        class Plugin(BasePlugin):\n\
        \x20   def run(self):\n\
        \x20       self.result.set_status('OK')\n\
        \x20       if self.plugin.get_param('Token'):\n\
        \x20           subprocess.Popen(['setsid', 'sleep', self.plugin.get_param('Token')], env={'PATH': '/usr/bin:/bin'})\n\
        \x20           time.sleep(300)\n";
    let config = Config::new()
        .file("module.py", module)
        .plugin("slow", &format!("Module: module\nToken: '{token}'\nTimeout: 300"))
        .plugin("quick", "Module: module\nToken: null");
    let daemon = Daemon::start(config);
    let process = daemon.force(&["slow"]);
    let _ = token.wait_for_holders();
    let host = wait_for_helper(&daemon, "smokerd-python-host", 0);
    kill_hard(host);
    let error = daemon.finish(&process)[0].1.expect_error();
    assert!(error.contains("the Python host died") && error.contains("SIGKILL"), "{error}");
    assert_eq!(token.holders(), [0; 0]);
    assert_eq!(daemon.run("quick").status(), "OK");
    assert_ne!(wait_for_helper(&daemon, "smokerd-python-host", host), host);
}

#[test]
fn a_killed_child_ends_its_run_and_what_it_started_is_ended() {
    let [shell, module, forked] = [(); 3].map(|()| Token::new());
    let python = "import os, subprocess, time\nfrom smoker.server.plugins import BasePlugin\n\n\
        class Plugin(BasePlugin):\n\
        \x20   def run(self):\n\
        \x20       subprocess.Popen(['setsid', 'sleep', self.plugin.get_param('Token')], env={'PATH': '/usr/bin:/bin'})\n\
        \x20       open(self.plugin.get_param('Pid'), 'w').write(str(os.getpid()))\n\
        \x20       time.sleep(300)\n";
    let config = Config::new()
        .file("module.py", python)
        .plugin("shell", &format!("Command: setsid sleep {shell} >/dev/null 2>&1 & echo $$ > {{{{DIR}}}}/shell; sleep {forked}\nTimeout: 300"))
        .plugin("module", &format!("Module: module\nToken: '{module}'\nPid: '{{{{DIR}}}}/module'\nTimeout: 300"));
    let daemon = Daemon::start(config);
    let process = daemon.force(&["shell", "module"]);
    for (file, token) in [("shell", &shell), ("module", &module)] {
        let pid = daemon.wait_for_file(file).trim().parse().expect("a pid");
        let _ = token.wait_for_holders();
        kill_hard(pid);
    }
    // The command's own child holds the output, for which the run waits.
    let _ = forked.wait_for_holders();
    for pid in forked.holders() {
        kill_hard(pid);
    }
    let outcomes = daemon.finish(&process);
    assert_eq!(outcomes[0].1.expect_error(), "killed by signal 9 (SIGKILL)");
    assert!(outcomes[1].1.expect_error().contains("killed by signal 9 (SIGKILL)"), "{}", outcomes[1].1.0);
    shell.wait_until_free();
    module.wait_until_free();
}

#[test]
fn a_client_that_is_killed_while_it_waits_costs_nothing() {
    let config = Config::new().plugin(
        "slow",
        "Command: echo x > {{DIR}}/begun; until [ -e {{DIR}}/go ]; do sleep 0.1; done; echo slow\nTimeout: 300",
    );
    let daemon = Daemon::start(config);
    // The daemon's side of connections that are open (state 1), from the kernel's table.
    let port = format!(":{:04X}", daemon.address().port());
    let connections = || {
        let table = fs::read_to_string("/proc/net/tcp").expect("a table");
        let is_open = |line: &&str| {
            let fields: Vec<_> = line.split_whitespace().collect();
            fields.get(1).is_some_and(|local| local.ends_with(&port)) && fields.get(3) == Some(&"01")
        };
        table.lines().filter(is_open).count()
    };
    wait::until_true("no connection", || connections() == 0);
    let mut client = Command::new(binary::path("smokercli"));
    let home = tempfile::tempdir().expect("a temporary folder");
    client.args(["-s", &daemon.address().to_string(), "-p", "slow", "-f"]).env("HOME", home.path());
    let mut client =
        Started::spawn(std::os::unix::process::CommandExt::process_group(&mut client, 0)).expect("it starts");
    let _ = daemon.wait_for_file("begun");
    wait::until_true("its connection", || connections() > 0);
    client.signal(Signal::SIGKILL);
    assert_eq!(client.exit_within(wait::DEADLINE), Some(-9));
    wait::until_true("the end of its connection", || connections() == 0);
    fs::write(daemon.path("go"), "").expect("writable");
    let outcome = daemon.finish("/processes/1").pop().expect("the process is remembered").1;
    outcome.expect_ok(&["slow"]);
}
