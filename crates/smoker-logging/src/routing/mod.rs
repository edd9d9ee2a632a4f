//! From an event to the threads that write it.
//!
//! # Layout
//!
//! - `layer`: events become records, without secrets
//! - `router`: which handlers get a record
//! - `queue`: the records that wait for one handler
//! - `writer`: the thread of one handler

pub(crate) mod layer;
pub(crate) mod queue;
pub(crate) mod router;
pub(crate) mod writer;
