//! What a signal is sent to. `kill(2)` takes 0 for our own group, -1 for all processes and other negative numbers for groups, and `killpg(2)` 1 for
//! all processes: such a number is none of these.

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

/// One process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OneProcess(Pid);

impl OneProcess {
    /// The process of this number; none when it is that of no single process.
    pub(crate) fn of(pid: Pid) -> Option<Self> {
        (pid.as_raw() > 0).then_some(Self(pid))
    }

    /// Its number.
    pub(crate) fn pid(self) -> Pid {
        self.0
    }

    /// Signals it.
    ///
    /// # Errors
    ///
    /// When it is gone, or not ours to signal.
    pub(crate) fn signal(self, signal: Signal) -> Result<(), Errno> {
        kill(self.0, signal)
    }

    /// Whether there is such a process, zombies included.
    pub(crate) fn exists(self) -> bool {
        kill(self.0, None) != Err(Errno::ESRCH)
    }
}

/// One process group that is not ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OneGroup(Pid);

impl OneGroup {
    /// The group of this number; none when it is that of no single group.
    pub(crate) fn of(group: Pid) -> Option<Self> {
        (group.as_raw() > 1).then_some(Self(group))
    }

    /// Signals all its processes.
    pub(crate) fn signal(self, signal: Signal) {
        // It is gone, or not ours to signal.
        let _ = killpg(self.0, signal);
    }

    /// Whether it has a process that is ours to signal.
    pub(crate) fn has_members(self) -> bool {
        killpg(self.0, None).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_number_means_more_than_one_process_or_group() {
        for (number, is_process, is_group) in
            [(i32::MIN, false, false), (-1, false, false), (0, false, false), (1, true, false), (2, true, true)]
        {
            let pid = Pid::from_raw(number);
            assert_eq!(
                (OneProcess::of(pid).is_some(), OneGroup::of(pid).is_some()),
                (is_process, is_group),
                "{number}"
            );
        }
        let this = OneProcess::of(Pid::this()).expect("a process");
        assert!(this.exists() && this.pid() == Pid::this());
    }
}
