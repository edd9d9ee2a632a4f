//! The cgroup of one child of a run: its command, module, parser or action.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};

use nix::unistd::Pid;

use crate::process::containment::cgroup::controllers::Controllers;
use crate::process::containment::cgroup::files::{has_child, processes, read, write};

/// What all processes of a run may have together; none: no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct GroupLimits {
    /// Bytes of memory.
    pub(crate) memory: Option<u64>,
    /// Processes and threads at a time.
    pub(crate) processes: Option<u64>,
}

/// The cgroup of one child of a run.
#[derive(Debug)]
pub(crate) struct RunCgroup {
    name: String,
    directory: OwnedFd,
    limits: GroupLimits,
    was_killed: AtomicBool,
}

impl RunCgroup {
    /// An empty cgroup without limits.
    pub(super) fn new(name: String, directory: OwnedFd) -> Self {
        Self { name, directory, limits: GroupLimits::default(), was_killed: AtomicBool::new(false) }
    }

    /// The limits that it has.
    pub(super) fn limits(&self) -> GroupLimits {
        self.limits
    }

    /// Whether a new run may begin in it.
    pub(super) fn can_be_used_again(&self) -> bool {
        // Linux 6.14 and newer kill what begins in a cgroup that was killed once, when it comes from another.
        !self.was_killed.load(Ordering::Relaxed) && !has_child(self.directory()) && self.is_as_it_was_made()
    }

    /// A run as root can have frozen its cgroup, and the thread that starts a child in a frozen one waits without end.
    fn is_as_it_was_made(&self) -> bool {
        let has = |file, value: &str| read(self.directory(), file).is_ok_and(|text| text.trim() == value);
        // Linux has the first since 5.2.
        let is_frozen = has("cgroup.freeze", "1");
        !is_frozen && has("cgroup.type", "domain")
    }

    /// Its name below the tree.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The open folder, for a child that is to begin in it.
    pub(crate) fn directory(&self) -> BorrowedFd<'_> {
        self.directory.as_fd()
    }

    /// Moves a process that waits for its run into the cgroup.
    pub(crate) fn add(&self, pid: Pid) -> io::Result<()> {
        write(self.directory(), "cgroup.procs", &pid.to_string())
    }

    /// Whether a process of the run lives, however deep in cgroups of its own.
    pub(crate) fn is_populated(&self) -> io::Result<bool> {
        let events = read(self.directory(), "cgroup.events")?;
        Ok(events.lines().any(|line| line == "populated 1"))
    }

    /// The living processes of the run.
    pub(crate) fn processes(&self) -> Vec<Pid> {
        processes(self.directory())
    }

    /// Kills all processes at one stroke. Returns whether the kernel can (5.14 and newer).
    pub(crate) fn kill(&self) -> bool {
        self.was_killed.store(true, Ordering::Relaxed);
        write(self.directory(), "cgroup.kill", "1").is_ok()
    }

    /// Stops all processes, so that none forks while they are killed one by
    /// one (5.2 and newer), or lets them go on.
    pub(crate) fn freeze(&self, frozen: bool) {
        let _ = write(self.directory(), "cgroup.freeze", if frozen { "1" } else { "0" });
    }

    /// Sets its limits, as far as its controllers can.
    pub(super) fn limit(&mut self, controllers: Controllers, limits: GroupLimits) -> io::Result<()> {
        let text = |limit: Option<u64>| limit.map_or_else(|| "max".to_owned(), |limit| limit.to_string());
        if controllers.memory {
            write(self.directory(), "memory.max", &text(limits.memory))?;
            // Swap counts as memory; not every kernel accounts for it.
            let _ = write(self.directory(), "memory.swap.max", if limits.memory.is_some() { "0" } else { "max" });
        }
        if controllers.pids {
            write(self.directory(), "pids.max", &text(limits.processes))?;
        }
        self.limits = limits;
        Ok(())
    }
}
