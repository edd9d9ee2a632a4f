//! Inputs: made at random, changed, kept.
//!
//! # Layout
//!
//! - `pool`: what is kept of a run
//! - `corpus`: what is kept in the repository
//! - `mutate`: kept inputs, changed
//! - `fields`: inputs of several parts
//! - `random`: random choices

pub mod corpus;
pub(crate) mod fields;
pub(crate) mod mutate;
pub(crate) mod pool;
pub(crate) mod random;
