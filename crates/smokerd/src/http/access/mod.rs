//! Who may send a request.
//!
//! # Layout
//!
//! - `authorize`: all checks, as a middleware
//! - `audit`: the audit log
//! - `refusal`: why a request is refused, as a response
//! - `client`: who sends a request, and what they may do
//! - `peer`: the other end of a connection; `local_account`: an account at the other end of the Unix socket
//! - `needed_role`: the role that a request needs
//! - `proof`: proofs of identities; `attempts`: failed ones of each client
//! - `request`: what can be seen of a request before anything is known of its client
//! - `log`: the access log
//! - `daily_warning`: warnings that are logged once a day

pub(crate) mod attempts;
pub(crate) mod audit;
pub(crate) mod authorize;
pub(crate) mod daily_warning;
pub(crate) mod log;
pub(crate) mod peer;
pub(crate) mod proof;
pub(crate) mod refusal;

mod client;
mod local_account;
mod needed_role;
mod request;
