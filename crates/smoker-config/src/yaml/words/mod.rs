//! What an unquoted word means in YAML 1.1.
//!
//! # Layout
//!
//! - `scalar`: any word
//! - `number`: numbers
//! - `timestamp`: dates and moments
//! - `pattern`: the regular expressions of these words

pub(crate) mod number;
pub(crate) mod pattern;
pub(crate) mod scalar;
pub(crate) mod timestamp;
