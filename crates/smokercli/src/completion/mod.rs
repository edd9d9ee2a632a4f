//! What a shell completes and only a daemon knows.
//!
//! # Layout
//!
//! - `plugins`: the names of plugins
//! - `typed_hosts`: the hosts of a line that is being typed

pub(crate) mod plugins;

mod typed_hosts;
