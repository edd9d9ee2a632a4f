//! Which children belong to a run, and what a run leaves behind.
//!
//! # Layout
//!
//! - `run_processes`: the children of one run of a plugin
//! - `leftovers`: ends what runs left behind
//! - `orphans`: collects orphans, which became our children

pub mod orphans;

pub(crate) mod leftovers;
pub(crate) mod run_processes;
