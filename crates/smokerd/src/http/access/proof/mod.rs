//! Proofs of identities.
//!
//! # Layout
//!
//! - `identities`: who may ask, by certificate or token
//! - `watched_file`: a file whose content counts as soon as it changes
//! - `attempts`: failed attempts of each client

pub(crate) mod attempts;
pub(crate) mod identities;
pub(crate) mod watched_file;
