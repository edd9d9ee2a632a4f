//! Requests for a reload: who asks waits for the outcome.
//!
//! # Layout
//!
//! - `request`: the channel from those who ask to what reloads
//! - `report`: what became of a reload

pub(crate) mod report;
pub(crate) mod request;
