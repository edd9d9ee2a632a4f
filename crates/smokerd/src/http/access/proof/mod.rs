//! Proofs of identities.
//!
//! # Layout
//!
//! - `identities`: who may ask, by certificate or token
//! - `authorities`: the authorities of `tls_client_ca`

pub(crate) mod authorities;
pub(crate) mod identities;
