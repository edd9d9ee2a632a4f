//! Modules under the real daemon: what becomes of them with it, and built-ins in children of its binary.

use nix::sys::signal::Signal;
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::machine::processes;
use smoker_tests::wait;

const ENDLESS: &str = "\
import os, subprocess, time
from smoker.server.plugins import BasePlugin

class Plugin(BasePlugin):
    def run(self):
        command = subprocess.Popen(['sleep', '600'], start_new_session=True)
        with open(self.plugin.params['Note'], 'w') as note:
            note.write('%d %d %d\\n' % (os.getppid(), os.getpid(), command.pid))
        while True:
            try:
                time.sleep(60)
            except BaseException:
                pass
";

/// Starts a daemon with a module that never ends; gives the host of modules, the module's process and its command.
fn with_endless_module() -> (Daemon, Vec<i32>) {
    let config = Config::new().file("endless.py", ENDLESS).plugin("e", "Module: endless\nNote: '{{DIR}}/note'");
    let daemon = Daemon::start(config);
    let _ = daemon.force(&["e"]);
    let note = wait::until("the note", || Some(daemon.wait_for_file("note")).filter(|text| text.ends_with('\n')));
    let pids: Vec<i32> = note.split_whitespace().map(|pid| pid.parse().expect("a pid")).collect();
    assert!(pids.iter().all(|pid| processes::is_running(*pid)), "{pids:?}");
    (daemon, pids)
}

fn wait_until_gone(pids: &[i32]) {
    wait::until_true("the end of host and module", || !pids.iter().any(|pid| processes::is_running(*pid)));
}

#[test]
fn a_killed_daemon_takes_the_host_and_its_children_with_it() {
    let (daemon, pids) = with_endless_module();
    daemon.signal(Signal::SIGKILL);
    wait_until_gone(&pids);
}

#[test]
fn a_stopped_daemon_leaves_no_host() {
    let (mut daemon, pids) = with_endless_module();
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait_for_exit(), 0);
    wait_until_gone(&pids);
}

#[test]
fn built_ins_run_without_python_and_as_their_account() {
    let ids = if cfg!(as_root) { "\nuid: 65534\ngid: 65534" } else { "" };
    let mounts = format!("Module: smoker.server.plugins.fsmount\nMounts: [/dev/shm]\nTypes: [tmpfs]{ids}");
    let config = Config::new()
        .top("python: /no/such/python")
        .plugin("mounts", &mounts)
        .plugin("closed", "Module: smoker.server.plugins.testconnection\nConnections: [[127.0.0.1, {{CLOSED}}]]")
        .plugin("python", "Module: other");
    let daemon = Daemon::start(config);
    assert_eq!(daemon.run("mounts").status(), "OK");
    assert_eq!(daemon.run("closed").0["componentResults"]["Connection"]["status"], "ERROR");
    let python = daemon.run("python");
    let error = python.expect_error();
    assert!(error.starts_with("cannot start /no/such/python: No such file"), "{error}");
}

const SUBCLASSES: &str = "\
from smoker.server.plugins import fsmount, uname
from smoker.server.plugins.varnishparser import Parser as Varnish

class Plugin(uname.Plugin):
    def run(self):
        result = super().run()
        result.add_info('and more')
        mounts = fsmount.Plugin(self.plugin)
        result.add_warn(mounts.run().result['messages']['warn'][0])

class Parser(Varnish):
    def parse(self):
        self.stdout = self.stdout.replace('backend', 'Backend')
        return super().parse()
";

#[test]
fn built_ins_can_be_subclassed_in_python() {
    let healthy = "Command: \"printf 'backend a is Healthy\\\\nCurrent states  good: 8\\\\nAverage responsetime of good probes: 0.1'\"\nParser: sub";
    let config = Config::new()
        .file("sub.py", SUBCLASSES)
        .plugin("named", "Module: sub\nMounts: [/nonexistent]\nDay: 2024-01-02")
        .plugin("varnish", healthy)
        .plugin("unread", "Command: echo x\nParser: sub");
    let daemon = Daemon::start(config);
    let named = daemon.run("named");
    assert_eq!((named.status(), named.info()[1]), ("OK", "and more"), "{}", named.0);
    assert_eq!(named.warn(), ["No mounts found"]);
    let varnish = daemon.run("varnish").0;
    assert_eq!(varnish["componentResults"]["a"]["messages"]["info"][0], "Response time: 0.1", "{varnish}");
    let unread = daemon.run("unread");
    assert_eq!(unread.expect_error(), "Parser run failed: No backends found or output can't be parsed!");
}

const THROUGH: &str = "\
from smoker.server.plugins import BasePlugin

class Plugin(BasePlugin):
    def run(self):
        self.result = self.plugin.run_command(self.plugin.params['Line'])
";

/// `run_command` and a plugin's `Command` give one judgement.
#[test]
fn run_command_reads_output_as_a_plugins_command_is_read() {
    let commands = [
        "echo \"{'status': 'ERROR'}\"",
        r#"echo '{"status": "ERROR", "messages": null,}'"#,
        r#"echo '{"status": "ERR'"#,
        r#"echo starting; echo '{"status": "ERROR", "messages": null}'"#,
        r#"printf '\357\273\277{"status":"ERROR","messages":null}'"#,
        r#"printf '\033[1m{"status":"ERROR","messages":null}\033[0m'"#,
        r#"echo '{"status": "OK", "messages": null}'; kill -9 $$"#,
        "echo hi; kill -9 $$",
        "head -c 3000000 /dev/zero | tr '\\0' a",
        "echo fine",
        r#"echo '{"status": "WARN", "messages": null}'"#,
    ];
    let mut config = Config::new().file("through.py", THROUGH);
    for (at, command) in commands.iter().enumerate() {
        let line = serde_json::to_string(command).expect("a text");
        config = config.plugin(&format!("c{at}"), &format!("Command: {line}"));
        config = config.plugin(&format!("m{at}"), &format!("Module: through\nLine: {line}"));
    }
    let daemon = Daemon::start(config);
    for (at, command) in commands.iter().enumerate() {
        let [of_command, of_module] = ["c", "m"].map(|kind| daemon.run(&format!("{kind}{at}")));
        assert_eq!(of_module.status(), of_command.status(), "{command}");
        assert_eq!(of_module.0["messages"], of_command.0["messages"], "{command}");
        assert_eq!(of_module.status() == "ERROR", at < 8, "{command}");
    }
}
