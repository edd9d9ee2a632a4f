//! What the daemon keeps in its state folder for the commands that work beside it, and for other daemons. Keys, identities and tokens are those of
//! `smoker-trust`.
//!
//! # Layout
//!
//! - `lock`: which daemon uses it
//! - `identities`: whether this host has, or has had, an identity; `marker`: that it has had one
//! - `plain_clients`: who asks over plain http and proves nothing

pub(crate) mod identities;
pub(crate) mod lock;
pub(crate) mod marker;
pub(crate) mod plain_clients;
