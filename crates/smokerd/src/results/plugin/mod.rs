//! What is known of a plugin beside its results.
//!
//! - `config_fields`: the part of its JSON object that its configuration alone decides
//! - `plugin_facts`: what limits of identities look at
//! - `next_run`: when it runs next
//! - `standing`: what else its page shows; `hard_state`: its newest status that counts
//! - `freshness`: what it has seen, for plugins that depend on it
//! - `interrupted_run`: whether its newest run was interrupted; `held_back`: the run that it owes
//! - `last_planned`: when its last scheduled run was to start
//! - `counters`: what is counted of its runs; `run_times`: when it last ran and was well
//! - `snapshot`, `measures`: what pages and metrics read at one moment

pub(crate) mod config_fields;
pub(crate) mod counters;
pub(crate) mod freshness;
pub(crate) mod hard_state;
pub(crate) mod held_back;
pub(crate) mod interrupted_run;
pub(crate) mod last_planned;
pub(crate) mod measures;
pub(crate) mod next_run;
pub(crate) mod plugin_facts;
pub(crate) mod run_times;
pub(crate) mod snapshot;
pub(crate) mod standing;
