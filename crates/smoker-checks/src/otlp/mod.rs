//! Results and metrics as messages of the OpenTelemetry protocol (OTLP with JSON), for the daemon and for what takes results elsewhere.
//!
//! # Layout
//!
//! - `entry`: a result as the REST interface shows it becomes a record
//! - `record`: a result as a log record
//! - `protocol`: the messages of the protocol

pub mod entry;
pub mod protocol;
pub mod record;
