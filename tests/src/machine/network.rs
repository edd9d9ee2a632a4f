//! Network namespaces for one test: addresses that no other test has, and another host.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;
use std::thread;

use nix::sched::{CloneFlags, unshare};

use crate::cli;
use crate::sandbox::Sandbox;
use crate::started::Started;
use crate::wait;

/// Runs a test in a network of its own, whose loopback device has these addresses, too: a request to one of them comes from it, as from another
/// host. What the test starts is in the network as well.
pub fn with_addresses<T: Send>(addresses: &[&str], test: impl FnOnce() -> T + Send) -> T {
    let run = || {
        // Only of this thread, and of what it starts.
        unshare(CloneFlags::CLONE_NEWNET).expect("root may make a network namespace");
        ip(&["link", "set", "lo", "up"]);
        for address in addresses {
            ip(&["address", "add", address, "dev", "lo"]);
        }
        test()
    };
    thread::scope(|scope| match scope.spawn(run).join() {
        Ok(outcome) => outcome,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

/// Another host: a network namespace that a cable joins with that of this thread. Its first process ends with the sandbox.
#[derive(Debug)]
pub struct OtherHost {
    pid: i32,
    _first: Started,
}

impl OtherHost {
    /// A host with this address, and the other address for this side; both with the length of their network's prefix.
    #[must_use]
    pub fn with_address(address: &str, ours: &str, sandbox: &Sandbox) -> Self {
        let ready = sandbox.path("other-host");
        let mut first = sandbox.command(Path::new("unshare"));
        first.args(["--net", "sh", "-c", "touch \"$0\"; exec sleep 3600"]).arg(&ready);
        let first = Started::spawn(&mut first).expect("util-linux is there");
        wait::until_true("a network namespace", || ready.exists());
        let host = Self { pid: first.pid(), _first: first };
        ip(&[
            "link",
            "add",
            "name",
            "ours0",
            "type",
            "veth",
            "peer",
            "name",
            "theirs0",
            "netns",
            &host.pid.to_string(),
        ]);
        ip(&["address", "add", ours, "dev", "ours0"]);
        ip(&["link", "set", "ours0", "up"]);
        for arguments in [&["address", "add", address, "dev", "theirs0"][..], &["link", "set", "theirs0", "up"]] {
            cli::run(host.command(Path::new("ip")).args(arguments)).expect_code(0);
        }
        host
    }

    /// A program on that host, ready to be started.
    #[must_use]
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--net", "--target", &self.pid.to_string(), "--"].map(OsStr::new)).arg(program);
        command
    }
}

/// Runs `ip` of iproute2 in the network of this thread.
pub fn ip(arguments: &[&str]) {
    cli::run(Command::new("ip").args(arguments)).expect_code(0);
}
