//! What the operating system offers, and what differs between systems.
//!
//! # Layout
//!
//! - `append_file`: files that root opens for the account that the daemon runs as
//! - `descriptors`: how many files may be open
//! - `sys`: what differs between Linux and other systems

pub(crate) mod append_file;
pub(crate) mod descriptors;
pub(crate) mod sys;
