//! What is tried, one file for each kind; `ROWS` of `main.rs` names them.

pub(crate) mod clock;
pub(crate) mod connections;
pub(crate) mod descriptors;
pub(crate) mod dev_log;
pub(crate) mod disk;
pub(crate) mod fairness;
pub(crate) mod many_plugins;
pub(crate) mod output;
pub(crate) mod polling;
pub(crate) mod processes;
pub(crate) mod reloads;
pub(crate) mod requests;
