//! Plugins of this daemon, and jobs that report to it. What is known of them comes with the request: the scheduler has it in memory.
//!
//! # Layout
//!
//! - `cluster`: how many of several plugins are OK
//! - `job`: what a job has reported, and whether its next report is overdue
//! - `known`: what comes with the request

pub(crate) mod cluster;
pub(crate) mod job;

mod known;
