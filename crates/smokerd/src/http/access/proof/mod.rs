//! Proofs of identities.
//!
//! # Layout
//!
//! - `identities`: who may ask, by certificate or token
//! - `authorities`: the authorities of `tls_client_ca`
//! - `watched_file`: a file whose content counts as soon as it changes
//! - `attempts`: failed attempts of each client

pub(crate) mod attempts;
pub(crate) mod authorities;
pub(crate) mod identities;
pub(crate) mod watched_file;
