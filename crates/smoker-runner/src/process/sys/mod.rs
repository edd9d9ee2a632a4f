//! What differs between Linux and other systems, and the one place with `unsafe`.

mod child;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
mod newest;
#[cfg(not(target_os = "linux"))]
mod portable;
#[cfg(target_os = "linux")]
mod process;
#[cfg(target_os = "linux")]
mod process_list;

use nix::unistd::Pid;

pub(crate) use child::{close_inherited_descriptors_on_exec, give_up_capabilities, run_as};
#[cfg(target_os = "linux")]
pub(crate) use linux::{Mark, adopt_orphans, can_mark, child_pids, groups_of, has_child, is_alive, this_thread};
#[cfg(not(target_os = "linux"))]
pub(crate) use portable::{
    Mark, ProcessList, Subject, adopt_orphans, can_mark, child_pids, groups_of, has_child, is_alive, run_of,
    this_thread,
};
#[cfg(target_os = "linux")]
pub(crate) use process::run_of;
#[cfg(target_os = "linux")]
pub(crate) use process_list::{ProcessList, Subject};

/// A living process of a run.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) pid: Pid,
    /// When it started; only with it a number means one process for ever.
    pub(crate) start: u64,
    pub(crate) name: String,
    /// Whether a signal to the run's group reaches it.
    pub(crate) in_group: bool,
    /// Whether it runs or waits for a processor, and for nothing else.
    pub(crate) is_runnable: bool,
}

impl Member {
    /// What no other process ever has.
    pub(crate) fn identity(&self) -> (Pid, u64) {
        (self.pid, self.start)
    }
}
