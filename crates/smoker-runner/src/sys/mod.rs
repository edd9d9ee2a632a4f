//! What differs between Linux and other systems, and the one place with `unsafe`.

mod child;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod portable;

use nix::unistd::Pid;

pub(crate) use child::{close_inherited_descriptors_on_exec, run_as};
#[cfg(target_os = "linux")]
pub(crate) use linux::{ProcessList, adopt_orphans, child_pids, groups_of, is_alive};
#[cfg(not(target_os = "linux"))]
pub(crate) use portable::{ProcessList, adopt_orphans, child_pids, groups_of, is_alive};

/// The variable, with its equals sign, by which a process tells which run it belongs to.
pub(crate) const MARKER: &str = "SMOKER_RUN_ID=";

/// A living process of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) pid: Pid,
    /// Whether a signal to the run's group reaches it.
    pub(crate) in_group: bool,
}
