//! The limits that the measures are held against: the same work with nothing around it.
//!
//! # Layout
//!
//! - `start`: starts this program once more as one of the limits
//! - `server`: an axum handler that answers the same bytes
//! - `checks_loop`: a loop that starts the same commands; `cgroups`: the same with a cgroup for each start
//! - `schedule`: a timer for each check
//! - `warm_python`: a warm interpreter that forks, a process of Python's

pub(crate) mod cgroups;
pub(crate) mod checks_loop;
pub(crate) mod schedule;
pub(crate) mod server;
pub(crate) mod start;
pub(crate) mod warm_python;
