//! What lets the cgroups of runs set limits: the controllers `memory` and `pids`.
//!
//! A cgroup that has processes cannot let those below it set limits, unless it
//! is the root of all. So a daemon that is alone in its cgroup, as a service is,
//! moves into one of its own inside of its tree, and back at its end. A daemon
//! that shares its cgroup, with a shell perhaps, moves nobody and does without.

use std::fs;
use std::io;
use std::path::Path;

use nix::unistd::Pid;

/// Where the daemon itself is in its tree.
const DAEMON: &str = "daemon";

const MEMORY: &str = "memory";
const PIDS: &str = "pids";

/// Which limits a cgroup can set. The others stay limits of single processes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Controllers {
    pub(crate) memory: bool,
    pub(crate) pids: bool,
}

impl Controllers {
    fn any(self) -> bool {
        self.memory || self.pids
    }
}

/// Enables the controllers for the cgroups in `base`, which lies in this process's `own`, as far as the kernel and the
/// cgroups above have them.
pub(super) fn enable(own: &Path, base: &Path) -> Controllers {
    let available = fs::read_to_string(own.join("cgroup.controllers")).unwrap_or_default();
    let is_available = |controller: &str| available.split_ascii_whitespace().any(|it| it == controller);
    let wanted = Controllers { memory: is_available(MEMORY), pids: is_available(PIDS) };
    let enabled = enable_all(wanted, own, base);
    if enabled == wanted || !is_alone_in(own) || enter(base).is_err() {
        return enabled;
    }
    let enabled = enable_all(wanted, own, base);
    if !enabled.any() {
        disable(own, base);
    }
    enabled
}

/// Undoes [`enable`] and moves this process back, if it was moved. No run may be left in `base`: its limits would be lost.
pub(super) fn disable(own: &Path, base: &Path) {
    if !base.join(DAEMON).is_dir() {
        return;
    }
    for folder in [base, own] {
        for controller in [MEMORY, PIDS] {
            let _ = order(folder, &format!("-{controller}"));
        }
    }
    let _ = fs::write(own.join("cgroup.procs"), Pid::this().to_string());
    // The daemon and its guardian leave one after the other.
    let _ = fs::remove_dir(base.join(DAEMON));
}

fn enable_all(wanted: Controllers, own: &Path, base: &Path) -> Controllers {
    let enable = |controller: &str| [own, base].iter().all(|folder| order(folder, &format!("+{controller}")).is_ok());
    Controllers { memory: wanted.memory && enable(MEMORY), pids: wanted.pids && enable(PIDS) }
}

fn order(folder: &Path, order: &str) -> io::Result<()> {
    fs::write(folder.join("cgroup.subtree_control"), order)
}

/// Whether this process is the only one in its cgroup.
fn is_alone_in(own: &Path) -> bool {
    fs::read_to_string(own.join("cgroup.procs")).is_ok_and(|pids| pids.trim() == Pid::this().to_string())
}

fn enter(base: &Path) -> io::Result<()> {
    let folder = base.join(DAEMON);
    fs::create_dir(&folder)?;
    let entered = fs::write(folder.join("cgroup.procs"), Pid::this().to_string());
    entered.inspect_err(|_| drop(fs::remove_dir(&folder)))
}
