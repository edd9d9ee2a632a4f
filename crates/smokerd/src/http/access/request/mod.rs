//! What can be seen of a request before anything is known of its client.
//!
//! # Layout
//!
//! - `head`: the bounds on path and headers
//! - `network`: the networks that `allow` lists
//! - `host_names`: the names that the daemon may be called by
//! - `host_port`: a host with an optional port
//! - `browser`: refuses requests that a browser sends for a page of another site (CSRF)
//! - `forwarded`: whether a proxy has passed the request on

pub(super) mod browser;
pub(super) mod forwarded;
pub(super) mod head;
pub(super) mod host_names;
pub(super) mod host_port;
pub(super) mod network;
