//! A running process that is not our child, as a thing to signal and to wait for: another process that gets its number
//! later is never meant.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;
use nix::unistd::Pid;

use crate::process::sys;
use crate::process::target::OneProcess;

/// Where the kernel does not notify us of the end of a process, we look for it after each such pause.
const LOOK_INTERVAL: Duration = Duration::from_millis(20);

/// A process that ran when it was opened.
#[derive(Debug)]
pub struct RunningProcess {
    process: OneProcess,
    /// None before Linux 5.3 and on other systems; then its number is all that is known of it.
    descriptor: Option<OwnedFd>,
}

impl RunningProcess {
    /// The process with this id. What it is has to be found out after this.
    ///
    /// # Errors
    ///
    /// When there is no such process.
    pub fn open(pid: Pid) -> io::Result<Self> {
        let process = OneProcess::of(pid).ok_or(Errno::ESRCH)?;
        let descriptor = match sys::open_pidfd(pid) {
            Ok(descriptor) => Some(descriptor),
            Err(error) if error.raw_os_error() == Some(Errno::ESRCH as i32) => return Err(error),
            Err(_) => None,
        };
        if process.exists() { Ok(Self { process, descriptor }) } else { Err(Errno::ESRCH.into()) }
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> Pid {
        self.process.pid()
    }

    /// Signals it.
    ///
    /// # Errors
    ///
    /// When it has ended, or is not this account's to signal.
    pub fn signal(&self, signal: Signal) -> Result<(), Errno> {
        match &self.descriptor {
            Some(descriptor) => sys::signal_pidfd(descriptor, signal)
                .map_err(|error| Errno::from_raw(error.raw_os_error().unwrap_or_default())),
            None => self.process.signal(signal),
        }
    }

    /// Waits until it has ended, at most for a time. Gives whether it has.
    #[must_use]
    pub fn wait(&self, timeout: Duration) -> bool {
        let deadline = Instant::now() + timeout;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if self.has_ended(left) {
                return true;
            }
            if left.is_zero() {
                return false;
            }
        }
    }

    /// Whether it has ended, or does so within a part of this time. A zombie, which its parent has not reaped yet, has.
    fn has_ended(&self, left: Duration) -> bool {
        let Some(descriptor) = &self.descriptor else {
            if !sys::is_alive(self.pid()) {
                return true;
            }
            sleep(left.min(LOOK_INTERVAL));
            return false;
        };
        let mut watched = [PollFd::new(descriptor.as_fd(), PollFlags::POLLIN)];
        let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX);
        poll(&mut watched, timeout).is_ok_and(|ready| ready > 0)
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn it_is_signalled_and_waited_for_and_no_other_with_its_number() {
        let mut child = Command::new("sleep").arg("300").stdin(Stdio::null()).spawn().expect("sleep");
        let pid = Pid::from_raw(i32::try_from(child.id()).expect("a process id"));
        let process = RunningProcess::open(pid).expect("it runs");
        assert!(!process.wait(Duration::from_millis(10)));
        process.signal(Signal::SIGTERM).expect("it is ours");
        assert!(process.wait(Duration::from_secs(20)), "a zombie has ended");
        child.wait().expect("our child");
        assert!(process.wait(Duration::ZERO));
        assert_eq!(process.signal(Signal::SIGTERM), Err(Errno::ESRCH));
        assert!(RunningProcess::open(pid).is_err());
    }
}
