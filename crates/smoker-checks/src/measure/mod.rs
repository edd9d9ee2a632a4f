//! Numbers that checks measure, and the limits that `Warn` and `Error` set for them.
//!
//! # Layout
//!
//! - `declaration`: what a check says of a number
//! - `condition`: `> 90%`, `10..20`: when a number counts as bad
//! - `comparison`: one comparison of a condition; `coverage`: for which numbers conditions hold
//! - `thresholds`: the conditions of a run, by number and level
//! - `decimal`: numbers of any size, compared without rounding

pub mod declaration;

pub(crate) mod comparison;
pub(crate) mod condition;
pub(crate) mod coverage;
pub(crate) mod decimal;
pub(crate) mod thresholds;
