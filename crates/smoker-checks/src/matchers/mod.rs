//! Whether a text or a value of JSON is what it should be, and what was wanted and found where it is not.
//!
//! # Layout
//!
//! - `matcher`: exact, contains, `/pattern/`, `semver`, numbers, lengths, `JSONPath`, and, or, not
//! - `reader`: how configurations write matchers
//! - `elements`: elements of lists, each with a matcher of its own
//! - `glob`: `*` and `?` in names
//! - `quote`: what was found, short
//! - `values`: values of JSON as they are compared

pub(crate) mod glob;
pub(crate) mod matcher;
pub(crate) mod quote;
pub(crate) mod values;

mod elements;
mod reader;
