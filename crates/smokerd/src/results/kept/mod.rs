//! How results are kept in memory.
//!
//! # Layout
//!
//! - `failures`: the numbers of bad results
//! - `history`: the results that are kept of one plugin
//! - `packed_text`: the text of a result, compressed
//! - `facts`: what is known of a run beside the text of its result
//! - `encoding`: numbers and texts as bytes

pub(crate) mod encoding;
pub(crate) mod facts;
pub(crate) mod failures;
pub(crate) mod history;
pub(crate) mod packed_text;
