//! How requests reach a daemon.
//!
//! # Layout
//!
//! - `any`: the way to the hosts of a call, one of `http` and `nats`
//! - `http`: HTTP and HTTPS; `http_client`: its connections; `http_response`: its responses
//! - `nats`: through a NATS server
//! - `certificates`: those that servers are checked by; `client_certificate`, `bearer_token`: the user's own, where the user names one
//! - `shorten`: pages that are too large; `socket`: the daemon's on this host
//! - `local_connection`: a connection of this host over which a token goes; `local_listener`: who is at its other end
//! - `event_stream`: a response that does not end
//! - `exchange`: what a transport is: one request, one response

pub mod any;
pub mod bearer_token;
mod certificates;
pub mod client_certificate;
pub mod event_stream;
pub mod exchange;
pub mod http;
pub mod http_client;
mod http_response;
mod local_connection;
mod local_listener;
pub mod nats;
mod shorten;
pub mod socket;
