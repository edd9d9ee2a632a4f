//! Network namespaces for one test: addresses that no other test has, and another host.

use std::path::Path;
use std::process::Command;
use std::thread;

use nix::sched::{CloneFlags, unshare};

use crate::cli;
use crate::machine::skip;
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
    /// The end of its cable on this side.
    port: String,
    _first: Started,
}

/// What joins several other hosts with this thread's network, as one network.
#[derive(Debug)]
pub struct Switch(());

/// The name of the switch in this thread's network.
const SWITCH: &str = "switch0";

impl Switch {
    /// One at which this side has this address, with the length of the network's prefix; none, said loudly, where the kernel has no bridges.
    #[must_use]
    pub fn with_address(ours: &str) -> Option<Self> {
        // Without an address of its own it would take another one when a cable is pulled, and nobody would find this side.
        let words = ["link", "add", "name", SWITCH, "address", "02:00:00:00:00:fe", "type", "bridge"];
        let made = Command::new("ip").args(words).output();
        if !made.is_ok_and(|made| made.status.success()) {
            skip::skip("no test with a network of several hosts", "run it where the kernel has bridges");
            return None;
        }
        ip(&["address", "add", ours, "dev", SWITCH]);
        ip(&["link", "set", SWITCH, "up"]);
        Some(Self(()))
    }

    /// A host with this address; each has a number of its own.
    #[must_use]
    pub fn host(&self, number: u32, address: &str, sandbox: &Sandbox) -> OtherHost {
        let host = OtherHost::cabled(number, address, sandbox);
        self.plug_in(&host);
        host
    }

    /// Puts a host's cable into the switch.
    pub fn plug_in(&self, host: &OtherHost) {
        ip(&["link", "set", &host.port, "master", SWITCH]);
    }

    /// Pulls a host's cable: what is sent in either direction is lost, and nobody is told.
    pub fn unplug(&self, host: &OtherHost) {
        ip(&["link", "set", &host.port, "nomaster"]);
    }
}

impl OtherHost {
    /// A host with this address, and the other address for this side; both with the length of their network's prefix.
    #[must_use]
    pub fn with_address(address: &str, ours: &str, sandbox: &Sandbox) -> Self {
        let host = Self::cabled(0, address, sandbox);
        ip(&["address", "add", ours, "dev", &host.port]);
        host
    }

    /// A host with this address, and a cable that leads nowhere on this side.
    fn cabled(number: u32, address: &str, sandbox: &Sandbox) -> Self {
        let ready = sandbox.path(&format!("other-host-{number}"));
        let mut first = sandbox.command(Path::new("unshare"));
        first.args(["--net", "sh", "-c", "touch \"$0\"; exec sleep 3600"]).arg(&ready);
        let first = Started::spawn(&mut first).expect("util-linux is there");
        wait::until_true("a network namespace", || ready.exists());
        let host = Self { pid: first.pid(), port: format!("ours{number}"), _first: first };
        let pid = host.pid.to_string();
        ip(&["link", "add", "name", &host.port, "type", "veth", "peer", "name", "theirs0", "netns", &pid]);
        ip(&["link", "set", &host.port, "up"]);
        for arguments in [
            &["link", "set", "lo", "up"][..],
            &["address", "add", address, "dev", "theirs0"],
            &["link", "set", "theirs0", "up"],
        ] {
            cli::run(host.command(Path::new("ip")).args(arguments)).expect_code(0);
        }
        host
    }

    /// A program on that host, ready to be started.
    #[must_use]
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new("nsenter");
        command.args(self.entering()).arg(program);
        command
    }

    /// The arguments by which `nsenter` starts what follows them on that host.
    #[must_use]
    pub fn entering(&self) -> [String; 4] {
        ["--net", "--target", &self.pid.to_string(), "--"].map(str::to_owned)
    }
}

/// Runs `ip` of iproute2 in the network of this thread.
pub fn ip(arguments: &[&str]) {
    cli::run(Command::new("ip").args(arguments)).expect_code(0);
}
