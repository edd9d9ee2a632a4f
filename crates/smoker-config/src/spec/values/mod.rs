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
//! - `repeated_names`: names above what a plugin runs
//! - `shown`: a value as warnings quote it
//! - `streams`: what a process reads and writes, and switches
//! - `unexpanded`: variables that nothing expands
//! - `wrong_kind`: what to say about values of the wrong kind

pub(crate) mod account;
pub(crate) mod action_rules;
pub(crate) mod calendar;
pub(crate) mod check;
pub(crate) mod process_settings;
pub(crate) mod quantity;
pub(crate) mod relations;
pub(crate) mod repeated_names;
pub(crate) mod run_parameters;
pub(crate) mod shown;
pub(crate) mod streams;
pub(crate) mod trigger;
pub(crate) mod unexpanded;
pub(crate) mod wrong_kind;
