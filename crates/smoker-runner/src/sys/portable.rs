//! Systems without `/proc`: a run is its process group, no more.

use std::ffi::CStr;

use nix::errno::Errno;
use nix::sys::signal::{kill, killpg};
use nix::unistd::{Gid, Pid};

use crate::sys::Member;

/// Without a lookup that every system has, a plugin gets its one group.
pub(crate) fn groups_of(_account: &CStr, gid: Gid) -> nix::Result<Vec<Gid>> {
    Ok(vec![gid])
}

/// Orphans go to the system's first process here.
pub(crate) fn adopt_orphans() -> nix::Result<()> {
    Ok(())
}

/// Whether a process exists.
pub(crate) fn is_alive(pid: Pid) -> bool {
    kill(pid, None) != Err(Errno::ESRCH)
}

/// Nothing is adopted here, so there is nothing to reap.
pub(crate) fn child_pids() -> Vec<Pid> {
    Vec::new()
}

/// Without a list of processes only groups can be asked.
pub(crate) struct ProcessList;

impl ProcessList {
    /// Nothing to read.
    pub(crate) fn read() -> Self {
        Self
    }

    /// The group's leader stands for the whole group.
    pub(crate) fn living_members(&self, group: Pid, _marker: &str) -> Vec<Member> {
        if killpg(group, None).is_ok() { vec![Member { pid: group, in_group: true }] } else { Vec::new() }
    }

    /// Without a list nobody can be found.
    pub(crate) fn runs_in_progress(&self, _marker_prefix: &str, _session: Pid) -> Vec<(Pid, String)> {
        Vec::new()
    }
}
