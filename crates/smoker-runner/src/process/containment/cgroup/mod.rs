//! A cgroup for each command, module, parser and action of a run (cgroup v2, `Documentation/admin-guide/cgroup-v2.rst` of Linux).
//!
//! Whatever such a child starts is in its cgroup, whatever ids, parents, sessions,
//! namespaces, limits and environment it gives itself; only root can leave one.
//! So the daemon does not search: the kernel lists the members and kills them.
//!
//! # Layout
//!
//! - `tree`: all cgroups of a daemon
//! - `run_cgroup`: the cgroup of one child of a run
//! - `controllers`: what lets the cgroups of runs set limits
//! - `own`: the cgroup that the daemon was started in
//! - `files`: the folders and files of a cgroup

pub(crate) mod controllers;
pub(crate) mod run_cgroup;
pub(crate) mod tree;

mod files;
mod own;
