//! What a reload of the configuration does, on SIGHUP or when `--reload` asks.
//!
//! # Layout
//!
//! - `reloader`: a reload from its beginning to its end
//! - `triggers`: what asks for one
//! - `requests`: who waits for what becomes of it
//! - `setting_changes`: which settings a reload can change
//! - `logging_file`: whether the logging configuration has changed, which a reload does not read

pub(crate) mod logging_file;
pub(crate) mod reloader;
pub(crate) mod requests;
mod setting_changes;
pub(crate) mod triggers;
