//! Which processes belong to a run, and what a run leaves behind.
//!
//! # Layout
//!
//! - `run_id`: the number of a run, which all its processes carry
//! - `births`: children get the number of their run
//! - `tree`: the processes that come from one child
//! - `family`: the children of one run of a plugin
//! - `census`: finds the processes of a run in the list of all processes
//! - `leftovers`: ends what runs left behind
//! - `reaper`: orphans that became our children

pub(crate) mod births;
pub(crate) mod census;
pub(crate) mod family;
pub(crate) mod leftovers;
pub mod reaper;
pub(crate) mod run_id;
pub(crate) mod tree;
