//! Who may send a request.
//!
//! # Layout
//!
//! - `authorize`: all checks, as a middleware
//! - `identity`: who sends a request
//! - `network`: the networks that `allow` lists
//! - `host_names`: the names that the daemon may be called by
//! - `browser`: refuses requests that a browser sends for a page of another site (CSRF)
//! - `authority`: a host with an optional port
//! - `request_head`: the bounds on path and headers
//! - `refusal`: why a request is refused, as a response
//! - `log`: the access log

pub(crate) mod authorize;
pub(crate) mod identity;
pub(crate) mod log;

mod authority;
mod browser;
mod host_names;
mod network;
mod refusal;
mod request_head;
