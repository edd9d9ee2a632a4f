//! Checks that look at what the daemon has in memory: other plugins, and reports of jobs.
//!
//! # Layout
//!
//! - `known`: what such a check is given
//! - `report`: what a job reported, and where that is kept
//! - `receive`: takes a report for a plugin

pub(super) mod known;
pub(crate) mod receive;
pub(crate) mod report;
