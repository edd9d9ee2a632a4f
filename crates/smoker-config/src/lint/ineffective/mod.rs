//! Settings with which a plugin never runs by time, never has a result, tells nobody, or that set nothing.
//!
//! # Layout
//!
//! - `review`: all of them
//! - `schedule`: when it runs, and what is kept of it
//! - `rules`: attempts and dependencies
//! - `told`: actions that are never called, or tell less than they should

pub(crate) mod review;
mod rules;
mod schedule;
mod told;
