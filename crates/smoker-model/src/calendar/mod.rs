//! Times of the calendar: when a clock of a time zone shows what a configuration asks for.
//!
//! # Layout
//!
//! - `schedule`: all instants at which a plugin is due
//! - `maintenance`: times of which each lasts a while
//! - `weekly`: hours of the week
//! - `cron`: a pattern of cron, or a time of day
//! - `zone`: a time zone

pub mod cron;
pub mod maintenance;
pub mod schedule;
pub mod weekly;
pub mod zone;
