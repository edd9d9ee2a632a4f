//! A program that a test has started: ask it to end, see it end. It never
//! outlives the test.

use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use crate::machine::ports;
use crate::wait;

/// A started program. Dropping it asks it to end, and three seconds later
/// kills it with its process group.
#[derive(Debug)]
pub struct Started {
    child: Child,
}

impl Started {
    /// Starts a program; it has to be the leader of its process group.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub fn spawn(command: &mut Command) -> io::Result<Self> {
        let _guard = ports::nobody_looks();
        command.spawn().map(|child| Self { child })
    }

    /// A process that has nothing to do with any daemon.
    #[must_use]
    pub fn bystander() -> Self {
        let mut command = Command::new("sleep");
        command.arg("300").stdin(Stdio::null()).process_group(0);
        Self::spawn(&mut command).expect("sleep can be started")
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).expect("process ids are positive numbers of 32 bits")
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.pid()), signal).expect("a child that is not reaped yet takes signals");
    }

    /// Whether it has not ended.
    pub fn is_running(&mut self) -> bool {
        self.code().is_none()
    }

    /// Its exit code, minus the signal's number when a signal ended it; `None`
    /// when it still runs after `limit`.
    pub fn exit_within(&mut self, limit: Duration) -> Option<i32> {
        wait::within(limit, || self.code())
    }

    fn code(&mut self) -> Option<i32> {
        self.child.try_wait().expect("our own child can be waited for").map(code_of)
    }
}

/// The exit code as Python counts it: minus the signal's number when a signal was the end.
fn code_of(status: ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| -status.signal().unwrap_or_default())
}

impl Drop for Started {
    fn drop(&mut self) {
        let group = Pid::from_raw(self.pid());
        if self.is_running() {
            self.signal(Signal::SIGTERM);
            self.exit_within(Duration::from_secs(3));
        }
        // The group may be empty by now; it cannot be another's, because the
        // ids of a group are not given out again while a member lives.
        let _ = killpg(group, Signal::SIGKILL);
        let _ = self.child.wait();
    }
}
