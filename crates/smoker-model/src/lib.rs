//! The types that the daemon and the client share.
//!
//! # Layout
//!
//! - `status`: OK, WARN, ERROR, UNKNOWN and how they combine
//! - `messages`: the messages of a run, by level
//! - `time`: instants and durations, and how they are written
//! - `calendar`: when a clock of a time zone shows what a configuration asks for
//! - `perfdata`: the numbers that a check measured
//! - `metrics`: metrics as Prometheus reads them
//! - `run_end`: how the process of a run ended
//! - `result`: the result of one run of a plugin
//! - `reason`: why a result has its status, in one line
//! - `run_record`: one run of a plugin: why, when, its result
//! - `occasion`: what an action is told beside the result
//! - `invalid_result`: why something that a plugin gave is none
//! - `value`: a configured value, typed as PyYAML would type it
//! - `notation`: values as JSON and as Python writes and reads them
//! - `plugin`: what a plugin is: its name, parameters and everything parsed from them
//! - `run_parameter`: which values a forced run may be given
//! - `secrets`: parameters that not everybody may read
//! - `wire`: the bodies of the REST interface
//! - `verdict`: what follows from the answers of many hosts
//! - `python_format`: Python's `%` formatting
//! - `suggest`: "did you mean"
//! - `counted`: numbers of things in messages
//! - `error_chain`: an error and its causes on one line

#![forbid(unsafe_code)]

pub mod calendar;
pub mod counted;
pub mod error_chain;
pub mod invalid_result;
pub mod messages;
pub mod metrics;
pub mod notation;
pub mod occasion;
pub mod perfdata;
pub mod plugin;
pub mod python_format;
pub mod reason;
pub mod result;
pub mod run_end;
pub mod run_parameter;
pub mod run_record;
pub mod secrets;
pub mod status;
pub mod suggest;
pub mod time;
pub mod value;
pub mod verdict;
pub mod wire;
