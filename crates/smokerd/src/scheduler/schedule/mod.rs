//! When a plugin's scheduled runs are due.
//!
//! # Layout
//!
//! - `plan`: the schedule of a plugin, of either kind
//! - `interval`: runs at the same distance from each other
//! - `calendar`: runs when a clock shows certain times
//! - `turn`: what a schedule waits for, and what is to be done then
//! - `upcoming`: the next runs, for people
//! - `spread`: how the runs of many plugins are spread

pub(crate) mod calendar;
pub(crate) mod interval;
pub(crate) mod plan;
pub(crate) mod spread;
pub(crate) mod turn;
pub(crate) mod upcoming;
