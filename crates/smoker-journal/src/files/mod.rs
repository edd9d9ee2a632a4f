//! The files of the folder.
//!
//! # Layout
//!
//! - `segment`: the files with records
//! - `damaged`: copies of segments that were damaged
//! - `lock`: one writer at a time
//! - `regular`: opens files, and nothing that only looks like one

pub(crate) mod damaged;
pub(crate) mod lock;
pub(crate) mod regular;
pub(crate) mod segment;
