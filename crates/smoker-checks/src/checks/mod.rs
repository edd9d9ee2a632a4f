//! Modules that look at something.
//!
//! # Layout
//!
//! - `shipped`: those that the original shipped

pub(crate) mod shipped;
