//! Systems without `/proc`: a run is its process group, no more.

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsFd, OwnedFd};

use nix::sys::signal::Signal;
use nix::unistd::{Gid, Pid};
use tokio::io::unix::AsyncFd;

use crate::process::containment::marked_runs::OrphanFacts;
use crate::process::containment::process_tree::{CarriedRun, ProcessTree};
use crate::process::run_id::RunId;
use crate::process::sys::child_setup::LimitedResource;
use crate::process::sys::run_member::RunMember;
use crate::process::target::{OneGroup, OneProcess};

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
    OneProcess::of(pid).is_some_and(OneProcess::exists)
}

/// Nothing is adopted here, so there is nothing to reap.
pub(crate) fn child_pids() -> Vec<Pid> {
    Vec::new()
}

/// Processes carry nothing that others could see.
pub(crate) fn can_mark() -> bool {
    false
}

/// Nothing is adopted here.
pub(crate) fn orphan_facts(_pid: Pid) -> Option<OrphanFacts> {
    None
}

/// A process is known by its number alone here.
pub(crate) fn open_pidfd(_pid: Pid) -> io::Result<OwnedFd> {
    Err(io::ErrorKind::Unsupported.into())
}

/// There is no such descriptor here.
pub(crate) fn watch(_descriptor: OwnedFd) -> Option<AsyncFd<OwnedFd>> {
    None
}

/// There is no such descriptor here.
pub(crate) fn signal_pidfd(_process: impl AsFd, _signal: Signal) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Not known here.
pub(crate) fn threads_of(_: u32) -> u64 {
    0
}

/// Nothing is compared with it here.
pub(crate) fn ticks_since_boot() -> u64 {
    0
}

/// Signals a process. Failures mean that it is gone, or not ours to signal.
pub(crate) fn signal_member(member: &RunMember, signal: Signal) {
    let _ = OneProcess::of(member.pid).map(|process| process.signal(signal));
}

/// Nothing is known of a process but its number.
pub(crate) fn members_of(pids: &[Pid]) -> Vec<RunMember> {
    let member = |pid: &Pid| RunMember {
        pid: *pid,
        parent: Pid::from_raw(0),
        start: 0,
        name: "process".to_owned(),
        in_group: false,
        is_runnable: false,
    };
    pids.iter().map(member).collect()
}

/// No child carries anything.
pub(crate) fn mark_of(_run: RunId) -> Option<(LimitedResource, u64)> {
    None
}

/// Whose processes are looked for makes no difference here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ScanScope;

impl ScanScope {
    /// Those of this program.
    pub(crate) fn this() -> Self {
        Self
    }

    /// Those of another daemon.
    pub(crate) fn daemon(_daemon: RunId) -> Self {
        Self
    }
}

/// Without a list of processes only groups can be asked.
pub(crate) struct ProcessList;

impl ProcessList {
    /// Nothing to read, nothing to see.
    pub(crate) fn read(_subject: ScanScope, _on_sight: impl FnMut(Pid, Pid, Option<CarriedRun>)) -> Self {
        Self
    }

    /// Nothing to read here either.
    pub(crate) fn watch_newest(&mut self, _on_sight: impl FnMut(Pid, Pid, Option<CarriedRun>)) {}

    /// The group's leader stands for the whole group.
    pub(crate) fn members(&self, tree: ProcessTree, _known: &[RunMember]) -> Vec<RunMember> {
        let name = || "process group".to_owned();
        let member = |pid: Pid| RunMember {
            pid,
            parent: Pid::from_raw(0),
            start: 0,
            name: name(),
            in_group: true,
            is_runnable: false,
        };
        tree.group
            .filter(|group| OneGroup::of(*group).is_some_and(OneGroup::has_members))
            .map(member)
            .into_iter()
            .collect()
    }

    /// Without a list no process can be found.
    pub(crate) fn find(&self, _pids: &[Pid]) -> Vec<RunMember> {
        Vec::new()
    }

    /// Without a list no run can be found.
    pub(crate) fn runs(&self) -> Vec<RunId> {
        Vec::new()
    }
}
