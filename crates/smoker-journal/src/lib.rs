//! An append-only journal: records go into segments, the files of a folder, and come back after any crash.
//!
//! A record has a sequence number, a tag and a payload, and the journal knows the meaning of none. Each record begins with
//! a marker, its length and its checksum, so that damage costs the damaged records only. Of existing files only the torn
//! end of the newest segment is ever cut; a segment with other damage is reported, and a copy of it is kept.
//!
//! # Layout
//!
//! - `open`: takes the lock of a folder, looks through its segments, and gives the two parts of the writer:
//!   - `journal`: appends records, many with one write
//!   - `insertion`: puts records that could not be written before into their places
//!   - `maintenance`: syncs what was written, and keeps the bound on the size; on any thread
//! - `reader`: the records, newest or oldest first, also while another process writes
//! - `survey`: what the segments hold, and what of it is damaged
//! - `repair`: writes segments with damage again, without it
//! - `completeness`: whether records may be missing
//! - `shared`: what both parts of the writer know
//! - `segments`: what segments hold, and their order
//! - `files`: the files of the folder
//! - `record`: one record as bytes
//! - `disk`: what is done to files; tests put faults in its place

#![forbid(unsafe_code)]

pub mod completeness;
pub mod disk;
pub mod journal;
pub mod maintenance;
pub mod open;
pub mod reader;
pub mod record;
pub mod repair;
pub mod segments;
pub mod survey;

mod files;
mod insertion;
mod shared;
