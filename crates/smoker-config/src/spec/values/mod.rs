//! Values of single parameters, each with what it may be.
//!
//! # Layout
//!
//! - `trigger`: when scheduled runs are due
//! - `process_settings`: how the processes of a run are set up
//! - `quantity`: amounts with a unit
//! - `check`: the built-in check that a plugin names
//! - `account`: users and groups
//! - `repeated_names`: names above what a plugin runs
//! - `wrong_kind`: what to say about values of the wrong kind

pub(crate) mod account;
pub(crate) mod check;
pub(crate) mod process_settings;
pub(crate) mod quantity;
pub(crate) mod repeated_names;
pub(crate) mod trigger;
pub(crate) mod wrong_kind;
