//! What the daemon knows: results, next runs, forced runs.
//!
//! # Layout
//!
//! - `state`: the handle over everything below, behind one lock
//! - `roster`: all plugins in configuration order, each with what is known of it
//! - `history`: the results that are kept of one plugin
//! - `process_table`: forced runs
//! - `frame`: what the configuration alone decides of a plugin on the wire
//! - `json_text`: JSON as the original writes it

pub(crate) mod frame;
pub(crate) mod history;
pub(crate) mod json_text;
pub(crate) mod process_table;
pub(crate) mod roster;
pub(crate) mod state;
