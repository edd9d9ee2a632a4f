//! The processes that come from one child.

use nix::unistd::Pid;

use crate::process::run_id::RunId;

/// Everything that a child of a run started: all that carries its number, its
/// process group, and everything below either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ProcessTree {
    /// The number; none for processes that have lost it.
    pub(crate) run: Option<RunId>,
    /// The group, as long as its leader has not been reaped: later its number
    /// can belong to another group.
    pub(crate) group: Option<Pid>,
}

impl ProcessTree {
    /// What comes from a child that leads a group.
    pub(crate) fn of_child(run: RunId, leader: Pid) -> Self {
        Self { run: Some(run), group: Some(leader) }
    }

    /// What is left of a child that is gone.
    pub(crate) fn of_orphans(run: RunId) -> Self {
        Self { run: Some(run), group: None }
    }

    /// Whether a process in this group and with this number belongs to it by itself.
    pub(crate) fn holds(&self, group: Pid, run: Option<RunId>) -> bool {
        self.group == Some(group) || (run.is_some() && run == self.run)
    }
}
