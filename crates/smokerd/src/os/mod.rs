//! What the operating system offers, and what differs between systems.
//!
//! # Layout
//!
//! - `descriptors`: how many files may be open
//! - `sys`: what differs between Linux and other systems

pub(crate) mod descriptors;
pub(crate) mod sys;
