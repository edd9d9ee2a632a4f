//! Which children belong to a run, and what a run leaves behind.
//!
//! # Layout
//!
//! - `level`: how runs are told apart on this host
//! - `cgroup`: a cgroup for each child of a run
//! - `run_processes`: the children of one run of a plugin
//! - `marked_runs`: which run a process comes from, where there are no cgroups
//! - `process_scanner`: finds the processes of a run in the list of all processes
//! - `process_tree`: the processes that come from one child
//! - `leftovers`: ends what runs left behind
//! - `runs`: which orphans are whose, and what is to become of them
//! - `hunt`: ends chains of processes that no list shows
//! - `survivors`: processes that nothing could end
//! - `orphans`: collects orphans, which became our children

pub mod level;
pub mod orphans;

pub(crate) mod cgroup;
pub(crate) mod hunt;
pub(crate) mod leftovers;
pub(crate) mod marked_runs;
pub(crate) mod process_scanner;
pub(crate) mod process_tree;
pub(crate) mod run_processes;
pub(crate) mod survivors;

mod runs;
