//! What the daemon keeps in its state folder for the commands that work beside it, and for other daemons. Keys, identities and tokens are those of
//! `smoker-trust`.
//!
//! # Layout
//!
//! - `lock`: which daemon uses it
//! - `marker`: whether this host has had an identity
//! - `plain_clients`: who asks over plain http and proves nothing

pub(crate) mod lock;
pub(crate) mod marker;
pub(crate) mod plain_clients;
