//! The address that the daemon is to listen on.
//!
//! # Layout
//!
//! - `unusable`: an address that this host does not have
//! - `open`: an address on which everybody is answered
//! - `taken`: a port that another program listens on

pub(super) mod open;
pub(super) mod taken;
pub(super) mod unusable;
