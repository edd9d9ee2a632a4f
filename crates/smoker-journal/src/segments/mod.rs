//! What segments hold, and their order.
//!
//! # Layout
//!
//! - `content`: the records of one segment, in memory
//! - `scan`: the records among the bytes of a segment
//! - `order`: the order of segments
//! - `read_ahead`: segments one after another, the next of which is read while one is looked at

pub mod content;

pub(crate) mod order;
pub(crate) mod read_ahead;

mod scan;
