//! What the daemon keeps in its state folder for the commands that work beside it. Keys, identities and tokens are those of
//! `smoker-trust`.
//!
//! # Layout
//!
//! - `marker`: whether this host has had an identity
//! - `plain_clients`: who asks over plain http and proves nothing

pub(crate) mod marker;
pub(crate) mod plain_clients;
