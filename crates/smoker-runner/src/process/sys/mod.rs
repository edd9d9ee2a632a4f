//! What differs between Linux and other systems, and the one folder with `unsafe`.
//!
//! # Layout
//!
//! - `child`: the start of a child, and all that it inherits; `unsafe`
//! - `child_setup`: what a child is made of
//! - `calls`: system calls about processes; `unsafe`
//! - `portable_child`: the start of a child on other systems; `unsafe`
//! - `linux`: subreaper, and the limit that carries a run id
//! - `proc_stat`: what `/proc` says of one process
//! - `process_list`: all living processes at one moment
//! - `newest`: the processes that were started last
//! - `run_member`: a process as a member of a run
//! - `portable`: systems without `/proc`
//!
//! The re-exports choose the system; callers see one set of names.

mod calls;
#[cfg(target_os = "linux")]
mod child;
mod child_setup;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
mod newest;
#[cfg(not(target_os = "linux"))]
mod portable;
#[cfg(not(target_os = "linux"))]
mod portable_child;
#[cfg(target_os = "linux")]
mod proc_stat;
#[cfg(target_os = "linux")]
mod process_list;
mod run_member;

pub(crate) use calls::{close_inherited_descriptors_on_exec, reap};
#[cfg(target_os = "linux")]
pub(crate) use calls::{open_pidfd, signal_pidfd, watch};
#[cfg(target_os = "linux")]
pub(crate) use child::account::give_up_capabilities;
#[cfg(target_os = "linux")]
pub(crate) use child::start::start;
pub(crate) use child_setup::{
    ADDRESS_SPACE, ChildAccount, ChildSetup, LimitedResource, PROCESSES, PendingFork, StartError, StartedChild,
};
#[cfg(target_os = "linux")]
pub(crate) use linux::{
    adopt_orphans, can_mark, child_pids, groups_of, is_alive, mark_of, members_of, orphan_facts, signal_member,
    threads_of, ticks_since_boot,
};
#[cfg(not(target_os = "linux"))]
pub(crate) use portable::{
    ProcessList, ScanScope, adopt_orphans, can_mark, child_pids, groups_of, is_alive, mark_of, members_of, open_pidfd,
    orphan_facts, signal_member, signal_pidfd, threads_of, ticks_since_boot, watch,
};
#[cfg(not(target_os = "linux"))]
pub(crate) use portable_child::{give_up_capabilities, start};
#[cfg(target_os = "linux")]
pub(crate) use process_list::{ProcessList, ScanScope};
pub(crate) use run_member::RunMember;
