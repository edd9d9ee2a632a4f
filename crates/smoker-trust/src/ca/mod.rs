//! A certificate authority without any service. Only the client has it: neither its key nor this code is on a daemon's host in use.
//!
//! # Layout
//!
//! - `sign`: makes an authority and signs certificates
//! - `join_token`: lets a host that has no SSH join once

pub mod join_token;
pub mod sign;
