//! What differs between Linux and other systems, and the one place with `unsafe`.
//!
//! # Layout
//!
//! - `child`: the ids and descriptors of a child; `unsafe`
//! - `linux`: subreaper, and the limit that carries the number of a run
//! - `proc_stat`: what `/proc` says of one process
//! - `process_list`: all living processes at one moment
//! - `newest`: the processes that were started last
//! - `run_member`: a process as a member of a run
//! - `portable`: systems without `/proc`
//!
//! The re-exports choose the system; callers see one set of names.

mod child;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
mod newest;
#[cfg(not(target_os = "linux"))]
mod portable;
#[cfg(target_os = "linux")]
mod proc_stat;
#[cfg(target_os = "linux")]
mod process_list;
mod run_member;

pub(crate) use child::{close_inherited_descriptors_on_exec, give_up_capabilities, run_as};
#[cfg(target_os = "linux")]
pub(crate) use linux::{RunTag, adopt_orphans, can_tag, child_pids, groups_of, has_child, is_alive, this_thread};
#[cfg(not(target_os = "linux"))]
pub(crate) use portable::{
    ProcessList, RunTag, ScanScope, adopt_orphans, can_tag, child_pids, groups_of, has_child, is_alive, run_of,
    this_thread,
};
#[cfg(target_os = "linux")]
pub(crate) use proc_stat::run_of;
#[cfg(target_os = "linux")]
pub(crate) use process_list::{ProcessList, ScanScope};
pub(crate) use run_member::RunMember;
