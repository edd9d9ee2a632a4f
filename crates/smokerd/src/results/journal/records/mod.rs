//! What records of the journal say, and their bytes.
//!
//! # Layout
//!
//! - `entry`: what a record says, and its bytes
//! - `encoded`: what is queued, as a record
//! - `shortened`: a result that is too large for the journal

pub(super) mod encoded;
pub(crate) mod entry;

mod shortened;
