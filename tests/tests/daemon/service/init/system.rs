//! A folder that looks like the root of a system, with an init script in it.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use smoker_tests::binary;
use smoker_tests::cli::{self, Output};
use smoker_tests::http::answers;
use smoker_tests::machine::{processes, skip};
use smoker_tests::sandbox::Sandbox;

/// Debian's functions.
const LSB_FUNCTIONS: &str = "/lib/lsb/init-functions";

/// In place of Red Hat's own functions, which no Debian package has: the two
/// that the script uses, with the same names and arguments, and nothing else.
const STAND_IN: &str = "success() { printf '[  OK  ]'; }\nfailure() { printf '[FAILED]'; return 1; }\n";

/// Which script, and with which functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `smokerd-debian` with Debian's functions.
    Debian,
    /// `smokerd` with Debian's functions.
    RhelWithLsb,
    /// `smokerd` with a stand-in for Red Hat's functions.
    RhelWithStandIn,
}

/// The shells that may be `/bin/sh`, with what to install for each.
const SHELLS: [(&str, &[&str]); 3] = [("dash", &[]), ("bash", &[]), ("busybox", &["sh"])];

/// A system with an init script and the daemon, not started.
pub(crate) struct System {
    sandbox: Sandbox,
    script: PathBuf,
    shell: Vec<String>,
}

/// A configuration with one plugin.
pub(crate) const GOOD: &str = "bind_host: 127.0.0.1\nbind_port: {{PORT}}\ntemplates: {BasePlugin: {Timeout: 15}}\n\
                               plugins: {hello: {Command: echo hello}}\n";

/// What is no configuration.
pub(crate) const BAD: &str = "bind_port: 70000\n";

/// Does something in a new system for each shell, in all of them at once: most of the time each waits.
pub(crate) fn in_every_shell(kind: Kind, case: impl Fn(&System) + Sync) {
    if kind != Kind::RhelWithStandIn && !Path::new(LSB_FUNCTIONS).exists() {
        skip::skip(
            "no init script was driven with real functions",
            "apt-get install sysvinit-utils (before Debian 12: lsb-base)",
        );
        return;
    }
    let case = &case;
    thread::scope(|scope| {
        for (shell, arguments) in SHELLS {
            if let Some(program) = skip::program(shell, &format!("apt-get install {shell}")) {
                let words =
                    std::iter::once(program.display().to_string()).chain(arguments.iter().map(ToString::to_string));
                let words = words.collect();
                scope.spawn(move || case(&System::new(kind, words)));
            }
        }
    });
}

impl System {
    fn new(kind: Kind, shell: Vec<String>) -> Self {
        let sandbox = Sandbox::new();
        let (source, place) = match kind {
            Kind::Debian => ("smokerd-debian", "etc/init.d/smokerd"),
            Kind::RhelWithLsb | Kind::RhelWithStandIn => ("smokerd", "etc/rc.d/init.d/smokerd"),
        };
        let source = shipped(source);
        let system = Self { script: sandbox.path(place), sandbox, shell };
        system.write(place, &fs::read_to_string(source).expect("it is shipped"));
        fs::set_permissions(&system.script, fs::Permissions::from_mode(0o755)).expect("ours");
        if kind == Kind::RhelWithStandIn {
            system.write("etc/rc.d/init.d/functions", STAND_IN);
        }
        system.write("etc/smokerd/smokerd.yaml", GOOD);
        system.defaults("");
        fs::create_dir_all(system.path("usr/sbin")).expect("writable");
        symlink(binary::path("smokerd"), system.path("usr/sbin/smokerd")).expect("writable");
        system
    }

    /// A path below the root of the system.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.sandbox.path(name)
    }

    /// Writes a file below the root of the system.
    pub(crate) fn write(&self, name: &str, text: &str) {
        self.sandbox.write(name, text.as_bytes()).expect("writable");
    }

    /// Writes lines into the file with defaults; `{{DIR}}` is the root of the system.
    pub(crate) fn defaults(&self, lines: &str) {
        self.write("etc/default/smokerd", &format!("SMOKERD_OPTIONS='--no-syslog -v'\n{lines}\n"));
    }

    /// Runs the script to its end.
    pub(crate) fn run(&self, action: &str) -> Output {
        cli::run(&mut self.command(action))
    }

    /// Runs the script and wants this exit code.
    #[track_caller]
    pub(crate) fn expect(&self, action: &str, code: i32) -> Output {
        let output = self.run(action);
        let said = output.text();
        assert_eq!(output.code, code, "{} {action}: {said}\n{}", self.shell.join(" "), self.sandbox.stderr());
        output
    }

    /// The script with an action, ready to be run.
    pub(crate) fn command(&self, action: &str) -> Command {
        self.command_by(&self.script, action)
    }

    /// The script by another of its names.
    pub(crate) fn command_by(&self, script: &Path, action: &str) -> Command {
        let mut command = self.sandbox.command(self.shell[0].as_ref());
        command.args(&self.shell[1..]).arg(script).args(action.split_whitespace());
        command
    }

    /// What the pidfile says.
    pub(crate) fn pid(&self) -> i32 {
        let text = fs::read_to_string(self.pidfile()).expect("there is a pidfile");
        text.trim().parse().unwrap_or_else(|_| panic!("no pid: {text:?}"))
    }

    pub(crate) fn pidfile(&self) -> PathBuf {
        self.path("var/run/smokerd.pid")
    }

    pub(crate) fn serves(&self) -> bool {
        answers(self.address())
    }

    pub(crate) fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.sandbox.port()).into()
    }

    /// Whether a daemon of this system runs.
    pub(crate) fn has_daemon(&self) -> bool {
        self.pidfile().exists() && processes::is_running(self.pid())
    }
}

/// A script as it is shipped.
pub(crate) fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../rc.d/init.d").join(name)
}
