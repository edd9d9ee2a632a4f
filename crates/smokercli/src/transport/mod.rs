//! How requests reach a daemon.
//!
//! # Layout
//!
//! - `http`: HTTP and HTTPS; `http_client`: its connections; `http_response`: its responses
//! - `certificates`: those that the user names; `bearer_token`: the token that the user names
//! - `shorten`: pages that are too large; `socket`: the daemon's on this host
//! - `exchange`: what a transport is: one request, one response

pub mod bearer_token;
mod certificates;
pub mod exchange;
pub mod http;
pub mod http_client;
mod http_response;
mod shorten;
pub mod socket;
