//! Asks daemons.
//!
//! # Layout
//!
//! - `host`: the conversation with one daemon
//! - `fleet`: many daemons at once
//! - `watch`: whom to tell what happens meanwhile

pub mod fleet;
pub mod host;
pub mod watch;
