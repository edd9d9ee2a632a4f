//! What a reload of the configuration does, on SIGHUP or on request.
//!
//! # Layout
//!
//! - `reloader`: a reload from its beginning to its end
//! - `triggers`: what asks for one
//! - `programs`: `--reload`, which waits for what becomes of it
//! - `setting_changes`: which settings a reload can change
//! - `logging_file`: whether the logging configuration has changed, which a reload does not read

pub(crate) mod logging_file;
pub(crate) mod programs;
pub(crate) mod reloader;
mod setting_changes;
pub(crate) mod triggers;
