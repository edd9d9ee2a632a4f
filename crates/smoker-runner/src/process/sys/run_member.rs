//! A process as a member of a run.

use nix::unistd::Pid;

/// A living process of a run.
#[derive(Clone, Debug)]
pub(crate) struct RunMember {
    pub(crate) pid: Pid,
    /// Its parent; 0 where the platform does not tell.
    pub(crate) parent: Pid,
    /// When it started; only with it a number means one process for ever.
    pub(crate) start: u64,
    pub(crate) name: String,
    /// Whether a signal to the run's group reaches it.
    pub(crate) in_group: bool,
    /// Whether it runs or waits for a processor, and for nothing else.
    pub(crate) is_runnable: bool,
}

impl RunMember {
    /// What no other process ever has.
    pub(crate) fn identity(&self) -> (Pid, u64) {
        (self.pid, self.start)
    }
}
