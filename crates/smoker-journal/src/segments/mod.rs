//! What segments hold, and their order.
//!
//! # Layout
//!
//! - `content`: the records of one segment, in memory
//! - `scan`: the records among the bytes of a segment
//! - `order`: the order of segments

pub mod content;

pub(crate) mod order;

mod scan;
