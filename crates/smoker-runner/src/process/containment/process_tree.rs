//! The processes that come from one child.

use nix::unistd::Pid;

use crate::process::run_id::RunId;

/// A run id as a process carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CarriedRun {
    pub(crate) run: RunId,
    /// The real user of the process.
    pub(crate) uid: u32,
}

/// Everything that a child of a run started: all that carries its run id, its
/// process group, and everything below either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ProcessTree {
    /// The run id; none for processes that have lost it.
    pub(crate) run: Option<RunId>,
    /// The account that processes with this run id have to have; none: any.
    pub(crate) owner: Option<u32>,
    /// The group, as long as its leader has not been reaped: later its number
    /// can belong to another group.
    pub(crate) group: Option<Pid>,
}

impl ProcessTree {
    /// What comes from a child that leads a group.
    pub(crate) fn of_child(run: RunId, owner: Option<u32>, leader: Pid) -> Self {
        Self { run: Some(run), owner, group: Some(leader) }
    }

    /// Whether a process in this group and with this run id belongs to it by itself.
    pub(crate) fn holds(&self, group: Pid, carried: Option<CarriedRun>) -> bool {
        self.group == Some(group) || carried.is_some_and(|carried| self.is_carried(carried))
    }

    /// Whether what a process carries makes it one of this run's: others may carry a run id that they have read.
    pub(crate) fn is_carried(&self, carried: CarriedRun) -> bool {
        self.run == Some(carried.run) && self.owner.is_none_or(|owner| owner == carried.uid)
    }
}
