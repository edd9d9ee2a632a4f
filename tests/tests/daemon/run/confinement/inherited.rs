//! What a child would inherit without a descriptor, seen from inside: signals,
//! session and terminal, limits, keyring. The list is in `process/sys/child/mod.rs` of the runner.

use std::fs;

use smoker_tests::boot::Boot;
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::processes;

use crate::run::confinement::looks;

/// Becomes its arguments with signals blocked and ignored, and with a soft limit on open files.
const ODD: &str = "import os, resource, signal, sys\n\
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1, signal.SIGTERM])\n\
    signal.signal(signal.SIGUSR2, signal.SIG_IGN)\n\
    resource.setrlimit(resource.RLIMIT_NOFILE, (777, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))\n\
    os.execv(sys.argv[1], sys.argv[1:])\n";

/// What each run shows; signals that an interpreter ignores by itself are left out.
const EXPECTED: [&str; 6] =
    ["blocked 0", "ignored 0", "leads its session True", "terminal 0", "open files 777", "dumpable True"];

const SCRIPT: &str = "import os, resource\n\
    OF_PYTHON = 1 << 12 | 1 << 24\n\
    def look():\n\
    \x20   status = dict(line.split(':\\t', 1) for line in open('/proc/self/status') if ':\\t' in line)\n\
    \x20   stat = open('/proc/self/stat').read().rpartition(')')[2].split()\n\
    \x20   return ['blocked %x' % int(status['SigBlk'], 16), 'ignored %x' % (int(status['SigIgn'], 16) & ~OF_PYTHON),\n\
    \x20           'leads its session %s' % (os.getsid(0) == os.getpid()), 'terminal ' + stat[4],\n\
    \x20           'open files %d' % resource.getrlimit(resource.RLIMIT_NOFILE)[0],\n\
    \x20           'dumpable %s' % (os.stat('/proc/self/fd').st_uid == os.getuid())]\n";

/// A protected daemon, also where no process may have a score below 0: its own score reads as -500 and is
/// really 300, which children inherit until the daemon resets theirs.
const SEEMS_PROTECTED: &str = "echo 300 > /proc/$$/oom_score_adj && echo -500 > \"${TMPDIR:-/tmp}/score.$$\" \
    && mount --bind \"${TMPDIR:-/tmp}/score.$$\" /proc/$$/oom_score_adj && rm -f \"${TMPDIR:-/tmp}/score.$$\" \
    && exec \"$0\" \"$@\"";

fn odd(config: Config) -> Daemon {
    let first = "if self.plugin.get_param('Kill', default=False): os.kill(os.getpid(), signal.SIGUSR1)";
    let config = looks::with_files(config, SCRIPT, first);
    Boot::of(config).through(&["python3", "-I", "-c", ODD]).start()
}

#[test]
fn commands_modules_parsers_and_actions_begin_as_if_nothing_was_set() {
    looks::expect_everywhere(&odd(looks::with_every_kind(Config::new(), "")), &EXPECTED);
}

#[test]
fn signals_that_end_a_program_end_it() {
    let config = ["TERM", "INT", "HUP", "USR1", "USR2", "PIPE"].iter().fold(Config::new(), |config, signal| {
        config.plugin(signal, &format!("Command: kill -{signal} $$; echo after"))
    });
    let daemon = odd(config.plugin("module", "Module: looking\nKill: true"));
    for signal in ["TERM", "INT", "HUP", "USR1", "USR2", "PIPE"] {
        let outcome = daemon.run(signal);
        assert_eq!(outcome.status(), "ERROR", "{signal}: {}", outcome.0);
        assert!(!outcome.0.to_string().contains("\"after\""), "{signal}: {}", outcome.0);
    }
    assert_eq!(daemon.run("module").status(), "ERROR");
}

#[test]
fn a_built_in_begins_as_if_nothing_was_set() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let daemon = odd(Config::new().plugin("mongo", &looks::waiting_built_in(&silent)));
    let (built_in, connection) = looks::run_waiting(&daemon, "mongo", &silent);
    let status = processes::status(built_in).expect("it lives");
    assert_eq!(status["SigBlk"].trim(), "0000000000000000");
    let limits = fs::read_to_string(format!("/proc/{built_in}/limits")).expect("it lives");
    let open_files = limits.lines().find(|line| line.starts_with("Max open files")).expect("the limit");
    assert!(open_files.contains(" 777 "), "{open_files}");
    let stat = fs::read_to_string(format!("/proc/{built_in}/stat")).expect("it lives");
    let fields: Vec<_> = stat.rsplit(')').next().expect("fields").split_whitespace().collect();
    assert_eq!((fields[3], fields[4]), (built_in.to_string().as_str(), "0"), "session and terminal");
    drop(connection);
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn a_protected_daemon_has_children_that_the_oom_killer_may_take() {
    let config = Config::new()
        .file("score.py", "from smoker.server.plugins import BasePlugin\nclass Plugin(BasePlugin):\n    def run(self):\n        self.result.add_info(open('/proc/self/oom_score_adj').read().strip())\n        self.result.set_status('OK')\n")
        .plugin("command", "Command: cat /proc/self/oom_score_adj")
        .plugin("module", "Module: score");
    let daemon = Boot::of(config).through(&["unshare", "--mount", "/bin/sh", "-c", SEEMS_PROTECTED]).start();
    for name in ["command", "module"] {
        daemon.run(name).expect_ok(&["0"]);
    }
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn another_account_writes_to_the_streams_by_their_names() {
    let config = Config::new()
        .plugin("streams", "Command: echo out >/dev/stdout; echo err >/dev/stderr\nuid: 12345\ngid: 12346");
    let outcome = Daemon::start(config).run("streams");
    let all = outcome.0.to_string();
    assert!(all.contains("\"out\"") && all.contains("\"err\""), "{all}");
}
