//! A key with its certificate.
//!
//! # Layout
//!
//! - `own`: the identity of this program, kept in a private folder or in named files
//! - `peer`: the identity of the other side, as its certificates show it
//! - `key`: private keys; `certificate`: self-signed certificates; `facts`: the names and dates of a certificate
//! - `validity`: when a certificate has to be renewed

pub mod certificate;
pub mod facts;
pub mod key;
pub mod own;
pub mod peer;
pub mod validity;
