//! Modules that follow a result.
//!
//! # Layout
//!
//! - `nsca`: sends the result to Nagios

pub mod nsca;
