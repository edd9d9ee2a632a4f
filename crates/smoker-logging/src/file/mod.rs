//! Files, and what becomes of those that are large or old.
//!
//! # Layout
//!
//! - `log_file`: one file that is appended to
//! - `plain`: a file that only others turn over
//! - `sized`: a file that is turned over when it is large
//! - `timed`: a file that is turned over when it is time
//! - `interval`: when that is, and what the old file is called

pub(crate) mod interval;
mod log_file;
pub(crate) mod plain;
pub(crate) mod sized;
pub(crate) mod timed;
