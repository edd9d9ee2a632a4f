//! Log files and their rotation.
//!
//! # Layout
//!
//! - `log_file`: one file that lines are appended to
//! - `plain`: a file that only other programs rotate
//! - `sized`: a file that is rotated by size
//! - `timed`: a file that is rotated by time

mod log_file;
pub(crate) mod plain;
pub(crate) mod sized;
pub(crate) mod timed;
