//! The cgroup of one child of a run: its command, module, parser or action.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

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
    /// How many processes the kernel has killed in it for the limit of memory, as far as that was asked for.
    seen_memory_kills: AtomicU64,
}

impl RunCgroup {
    /// An empty cgroup without limits.
    pub(super) fn new(name: String, directory: OwnedFd) -> Self {
        let limits = GroupLimits::default();
        Self { name, directory, limits, was_killed: AtomicBool::new(false), seen_memory_kills: AtomicU64::new(0) }
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

    /// How many processes the kernel has killed since the last call because the run reached its limit of memory.
    pub(crate) fn take_memory_kills(&self) -> u64 {
        if self.limits.memory.is_none() {
            return 0;
        }
        // There is no such file where the controller cannot be had.
        let events = read(self.directory(), "memory.events").unwrap_or_default();
        let kills: Option<u64> = events.lines().find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok());
        let kills = kills.unwrap_or(0);
        kills.saturating_sub(self.seen_memory_kills.swap(kills, Ordering::Relaxed))
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

#[cfg(test)]
mod tests {
    use std::fs::{self, File};

    use super::*;

    #[test]
    fn kills_by_the_limit_of_memory_are_counted_once_and_only_where_there_is_one() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let directory = File::open(folder.path()).expect("a folder").into();
        let mut cgroup = RunCgroup::new("run-1".to_owned(), directory);
        let events = |kills: u64| {
            let text = format!("low 0\nhigh 0\nmax 7\noom 2\noom_kill {kills}\noom_group_kill 0\n");
            fs::write(folder.path().join("memory.events"), text).expect("writable");
        };
        cgroup.limits.memory = Some(1 << 20);
        assert_eq!(cgroup.take_memory_kills(), 0, "no controller");
        events(3);
        assert_eq!((cgroup.take_memory_kills(), cgroup.take_memory_kills()), (3, 0));
        events(5);
        assert_eq!(cgroup.take_memory_kills(), 2, "of the next run in the same cgroup");
        cgroup.limits.memory = None;
        events(6);
        assert_eq!(cgroup.take_memory_kills(), 0);
    }
}
