//! A certificate authority without any service. Only the client calls it; no daemon has the authority's key.
//!
//! # Layout
//!
//! - `sign`: makes an authority and signs certificates
//! - `join_token`: lets a host that has no SSH join once

pub mod join_token;
pub mod sign;
