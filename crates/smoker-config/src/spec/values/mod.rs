//! Values of single parameters, each with what it may be.
//!
//! # Layout
//!
//! - `trigger`: when scheduled runs are due
//! - `calendar`: times of the calendar
//! - `process_settings`: how the processes of a run are set up
//! - `relations`: whether a result counts, and how plugins depend on each other
//! - `action_rules`: when an action is due
//! - `quantity`: amounts with a unit
//! - `run_parameters`: values that a forced run may be given
//! - `check`: the built-in check that a plugin names
//! - `account`: users and groups
//! - `shown`: a value as warnings quote it
//! - `streams`: what a process reads and writes, and switches
//! - `added_keys`: keys whose names were parameters before
//! - `faults`: values that cannot be meant

pub(crate) mod account;
pub(crate) mod action_rules;
pub(crate) mod added_keys;
pub(crate) mod calendar;
pub(crate) mod check;
pub(crate) mod faults;
pub(crate) mod process_settings;
pub(crate) mod quantity;
pub(crate) mod relations;
pub(crate) mod run_parameters;
pub(crate) mod shown;
pub(crate) mod streams;
pub(crate) mod trigger;
