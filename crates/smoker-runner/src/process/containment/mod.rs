//! Which children belong to a run, and what a run leaves behind.
//!
//! # Layout
//!
//! - `level`: how runs are told apart on this host
//! - `cgroup`: a cgroup for each run
//! - `run_processes`: the children of one run of a plugin
//! - `marked_runs`: which run a process comes from, where there are no cgroups
//! - `leftovers`: ends what runs left behind
//! - `orphans`: collects orphans, which became our children

pub mod level;
pub mod orphans;

pub(crate) mod cgroup;
pub(crate) mod leftovers;
pub(crate) mod marked_runs;
pub(crate) mod run_processes;
