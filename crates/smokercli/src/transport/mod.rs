//! How requests reach a daemon.
//!
//! # Layout
//!
//! - `http`: HTTP and HTTPS; `http_client`: its connections; `http_response`: its responses
//! - `certificates`: those that the user names; `shorten`: pages that are too large
//! - `exchange`: what a transport is: one request, one response

mod certificates;
pub mod exchange;
pub mod http;
pub mod http_client;
mod http_response;
mod shorten;
