//! Loggers, handlers and their targets, as data: nothing is opened yet.
//!
//! # Layout
//!
//! - `logging_plan`: loggers and handlers
//! - `target`: what a handler writes to; files and their rotation
//! - `interval`: when a file is rotated by time, and the name of the old file
//! - `standard_stream`: standard output and standard error
//! - `syslog_address`: where a syslog listens
//! - `syslog_priority`: facilities and severities by number

pub(crate) mod interval;
pub mod logging_plan;
pub(crate) mod standard_stream;
pub(crate) mod syslog_address;
pub(crate) mod syslog_priority;
pub(crate) mod target;
