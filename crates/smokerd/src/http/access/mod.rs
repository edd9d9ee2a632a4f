//! Who may send a request.
//!
//! # Layout
//!
//! - `authorize`: all checks, as a middleware
//! - `audit`: the audit log
//! - `refusal`: why a request is refused, as a response
//! - `identity`: who sends a request, and what they may do
//! - `peer`: the other end of a connection; `local_account`: an account at the other end of the Unix socket
//! - `needed_role`: the role that a request needs
//! - `proof`: proofs of identities
//! - `network`: the networks that `allow` lists
//! - `host_names`: the names that the daemon may be called by
//! - `browser`: refuses requests that a browser sends for a page of another site (CSRF)
//! - `authority`: a host with an optional port
//! - `request_head`: the bounds on path and headers
//! - `log`: the access log

pub(crate) mod audit;
pub(crate) mod authorize;
pub(crate) mod log;
pub(crate) mod peer;
pub(crate) mod proof;
pub(crate) mod refusal;

mod authority;
mod browser;
mod host_names;
mod identity;
mod local_account;
mod needed_role;
mod network;
mod request_head;
