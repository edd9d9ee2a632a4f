//! What the daemon knows of its plugins: results, next runs, forced runs.
//!
//! # Layout
//!
//! - `store`: `SharedState`, the handle over everything below, behind one lock
//! - `conditions`: what it knows of whether a plugin runs, and whether its results count
//! - `state`: what the lock of `store` protects
//! - `table`: all plugins in configuration order, each with its results and its next run
//! - `kept`: how results are kept in memory
//! - `summary`: runs in a few numbers
//! - `queries`: questions about the runs of the past
//! - `journal`: what survives the end of the daemon
//! - `processes`: forced runs, and what each client address has of them
//! - `plugin_facts`: what limits of identities look at
//! - `requester`: who requests runs
//! - `snapshot`: what pages read of plugins and processes at one moment
//! - `standing`: what else a plugin's page shows of it
//! - `counters`: what is counted of a plugin's runs; `run_times`: when it last ran and was well
//! - `measures`: what metrics read of plugins at one moment
//! - `events`: the broadcast of run records
//! - `run_log`: what the log says of runs
//! - `config_fields`: the part of a plugin's JSON object that its configuration alone decides
//! - `hard_state`: the newest status of a plugin that counts
//! - `json_text`: JSON as the original writes it

pub(crate) mod config_fields;
pub(crate) mod counters;
pub(crate) mod events;
pub(crate) mod hard_state;
pub(crate) mod journal;
pub(crate) mod json_text;
pub(crate) mod kept;
pub(crate) mod measures;
pub(crate) mod plugin_facts;
pub(crate) mod processes;
pub(crate) mod queries;
pub(crate) mod requester;
pub(crate) mod run_log;
pub(crate) mod run_times;
#[cfg(test)]
pub(crate) mod samples;
pub(crate) mod snapshot;
pub(crate) mod standing;
pub(crate) mod store;
pub(crate) mod summary;
pub(crate) mod table;

pub(crate) mod conditions;
mod state;
