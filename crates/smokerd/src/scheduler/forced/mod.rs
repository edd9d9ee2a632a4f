//! Runs that clients ask for.
//!
//! # Layout
//!
//! - `runs`: the forced runs of one plugin
//! - `rate`: the bound on the runs a second that one client may force
//! - `given_values`: values that a client gives for one run

pub(crate) mod given_values;
pub(crate) mod rate;
pub(super) mod runs;
