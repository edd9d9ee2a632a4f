//! What a child would inherit without a descriptor, seen from inside: signals,
//! session and terminal, limits, keyring. The list is in `process/sys/child/mod.rs` of the runner.

use std::fs;

use smoker_tests::boot::Boot;
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::machine::processes;

use crate::run::confinement::looks;

/// Becomes its arguments with signals blocked and ignored, a soft limit on open files, and less important than others.
const ODD: &str = "import ctypes, os, resource, signal, sys\n\
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1, signal.SIGTERM])\n\
    signal.signal(signal.SIGUSR2, signal.SIG_IGN)\n\
    resource.setrlimit(resource.RLIMIT_NOFILE, (777, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))\n\
    os.setpriority(os.PRIO_PROCESS, 0, 15)\n\
    ctypes.CDLL(None).syscall({'x86_64': 251, 'aarch64': 30}[os.uname().machine], 1, 0, 2 << 13 | 6)\n\
    os.execv(sys.argv[1], sys.argv[1:])\n";

/// What each run shows; signals that an interpreter ignores by itself are left out.
const EXPECTED: [&str; 10] = [
    "blocked 0",
    "ignored 0",
    "leads its session True",
    "terminal 0",
    "open files 777",
    "dumpable True",
    "nice 15",
    "I/O priority 16390",
    "folder /",
    "umask 0022",
];

const SCRIPT: &str = "import ctypes, os, resource\n\
    OF_PYTHON = 1 << 12 | 1 << 24\n\
    def look():\n\
    \x20   status = dict(line.split(':\\t', 1) for line in open('/proc/self/status') if ':\\t' in line)\n\
    \x20   stat = open('/proc/self/stat').read().rpartition(')')[2].split()\n\
    \x20   return ['blocked %x' % int(status['SigBlk'], 16), 'ignored %x' % (int(status['SigIgn'], 16) & ~OF_PYTHON),\n\
    \x20           'leads its session %s' % (os.getsid(0) == os.getpid()), 'terminal ' + stat[4],\n\
    \x20           'open files %d' % resource.getrlimit(resource.RLIMIT_NOFILE)[0],\n\
    \x20           'dumpable %s' % (os.stat('/proc/self/fd').st_uid == os.getuid()),\n\
    \x20           'nice %d' % os.getpriority(os.PRIO_PROCESS, 0),\n\
    \x20           'I/O priority %d' % ctypes.CDLL(None).syscall({'x86_64': 252, 'aarch64': 31}[os.uname().machine], 1, 0),\n\
    \x20           'folder ' + os.getcwd(), 'umask ' + status['Umask'].strip()]\n";

/// Becomes its arguments with a key of root's in a session keyring.
const WITH_A_KEY: &str = "import ctypes, os, sys\n\
    keyctl, add_key = {'x86_64': (250, 248), 'aarch64': (219, 217)}[os.uname().machine]\n\
    libc = ctypes.CDLL(None)\n\
    assert libc.syscall(keyctl, 1, b'of-root') > 0\n\
    assert libc.syscall(add_key, b'user', b'smoker-secret', b'x', 1, -3) > 0\n\
    os.execvp(sys.argv[1], sys.argv[1:])\n";

/// The session keyring, whether the key can be found, and what would keep capabilities over a change of the account.
const KEYRING: &str = "import ctypes, os\n\
    def look():\n\
    \x20   libc, name = ctypes.CDLL(None), ctypes.create_string_buffer(256)\n\
    \x20   keyctl = {'x86_64': 250, 'aarch64': 219}[os.uname().machine]\n\
    \x20   libc.syscall(keyctl, 6, -3, name, 256)\n\
    \x20   found = libc.syscall(keyctl, 10, -3, b'user', b'smoker-secret', 0) > 0\n\
    \x20   return ['session keyring %s' % name.value.decode().rpartition(';')[2], 'found %s' % found,\n\
    \x20           'listed %s' % ('smoker-secret' in open('/proc/keys').read()), 'securebits %d' % libc.prctl(27, 0, 0, 0, 0)]\n";

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
    looks::expect_everywhere(&odd(looks::with_every_kind(Config::new(), "Timeout: 120")), &EXPECTED);
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn with_another_account_root_s_keyring_and_security_bits_stay_behind() {
    let config = looks::with_files(Config::new(), KEYRING, "pass").plugin("own", "Module: looking");
    let config = looks::with_every_kind(config, "uid: 12345\ngid: 12346");
    let through = ["python3", "-I", "-c", WITH_A_KEY, "setpriv", "--inh-caps=+setuid", "--securebits=+no_setuid_fixup"];
    let daemon = Boot::of(config).through(&through).start();
    daemon.run("own").expect_ok(&["session keyring of-root", "found True", "listed True", "securebits 4"]);
    looks::expect_everywhere(&daemon, &["session keyring _ses", "found False", "listed False", "securebits 0"]);
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
