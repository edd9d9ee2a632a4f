//! How requests reach a daemon.
//!
//! # Layout
//!
//! - `http`: HTTP and HTTPS; `http_client`: its connections; `http_response`: its responses
//! - `exchange`: what a transport is: one request, one response

pub mod exchange;
pub mod http;
pub mod http_client;
mod http_response;
