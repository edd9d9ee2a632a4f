//! What the daemon knows of its plugins: results, next runs, forced runs.
//!
//! # Layout
//!
//! - `store`: `SharedState`, the handle over everything below, behind one lock
//! - `conditions`: what it knows of whether a plugin runs, and whether its results count
//! - `past`: the runs of the past that it has
//! - `state`: what the lock of `store` protects
//! - `table`: all plugins in configuration order; `plugin_entry`: one of them, with its results and its next run
//! - `kept`: how results are kept in memory
//! - `summary`: runs in a few numbers
//! - `queries`: questions about the runs of the past
//! - `journal`: what survives the end of the daemon
//! - `processes`: forced runs, and what each client address has of them
//! - `plugin/`: what is known of a plugin beside its results
//! - `recent_skips`: the newest runs of a plugin that did not take place, and why
//! - `requester`: who requests runs
//! - `events`: the broadcast of run records
//! - `run_log`: what the log says of runs
//! - `json_text`: JSON as the original writes it

pub(crate) mod conditions;
pub(crate) mod events;
pub(crate) mod journal;
pub(crate) mod json_text;
pub(crate) mod kept;
mod past;
pub(crate) mod plugin;
pub(crate) mod plugin_entry;
pub(crate) mod processes;
pub(crate) mod queries;
pub(crate) mod recent_skips;
pub(crate) mod requester;
pub(crate) mod run_log;
#[cfg(test)]
pub(crate) mod samples;
mod state;
pub(crate) mod store;
pub(crate) mod summary;
pub(crate) mod table;
