//! A network namespace for one test: addresses that no other test has, and other hosts that are none.

use std::process::Command;
use std::thread;

use nix::sched::{CloneFlags, unshare};

use crate::cli;

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

/// Runs `ip` of iproute2 in the network of this thread.
pub fn ip(arguments: &[&str]) {
    cli::run(Command::new("ip").args(arguments)).expect_code(0);
}
