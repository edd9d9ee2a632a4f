//! What an unquoted word means in YAML 1.1, and to programs in Go.
//!
//! # Layout
//!
//! - `scalar`: any word
//! - `go`: any word of a file of a program in Go
//! - `number`: numbers
//! - `timestamp`: dates and moments
//! - `pattern`: the regular expressions of these words

pub(crate) mod go;
pub(crate) mod number;
pub(crate) mod pattern;
pub(crate) mod scalar;
pub(crate) mod timestamp;
