//! What the operating system offers, and what differs between systems.
//!
//! # Layout
//!
//! - `clock_changes`: when the wall clock is set
//! - `descriptors`: how many files may be open
//! - `host_name`: the machine's name
//! - `sys`: what differs between Linux and other systems
//! - `usage`: what this process uses of the machine
//! - `watched_file`: a file whose content counts as soon as it changes

pub(crate) mod clock_changes;
pub(crate) mod descriptors;
pub(crate) mod host_name;
pub(crate) mod sys;
pub(crate) mod usage;
pub(crate) mod watched_file;
