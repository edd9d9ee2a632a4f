//! When plugins run, and how many at a time.
//!
//! # Layout
//!
//! - `actions`: decides when an action follows a check
//! - `alerts`: calls of actions that follow changes
//! - `manager`: the handle through which pages reach plugins
//! - `explanation`: explains a plugin
//! - `dependencies`: plugins that depend on others, or follow them
//! - `silencing`: silences plugins
//! - `plugin_set`: the plugins of the current configuration, each with the channel to its task
//! - `plugin_task`: one plugin's timer and runs
//! - `command`: what the manager sends to it
//! - `run`: one run of a plugin
//! - `reports`: checks that look at other plugins, or at what jobs report
//! - `schedule`: when scheduled runs are due
//! - `clock`: the time, which tests can set
//! - `forced`: runs that clients ask for
//! - `serial_groups`: runs that wait for those of other plugins
//! - `slots`: the bound on concurrent runs

pub(crate) mod actions;
pub(crate) mod alerts;
pub(crate) mod clock;
pub(crate) mod command;
pub(crate) mod dependencies;
pub(crate) mod explanation;
pub(crate) mod forced;
pub(crate) mod manager;
pub(crate) mod plugin_set;
pub(crate) mod plugin_task;
pub(crate) mod reports;
pub(crate) mod run;
pub(crate) mod schedule;
pub(crate) mod serial_groups;
pub(crate) mod silencing;
pub(crate) mod slots;
