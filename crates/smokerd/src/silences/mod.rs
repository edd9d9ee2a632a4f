//! Silences: spans of time in which no action follows the results of some plugins.
//!
//! # Layout
//!
//! - `table`: those that have not ended
//! - `file`: where they are between two runs of the daemon

pub(crate) mod file;
pub(crate) mod table;
