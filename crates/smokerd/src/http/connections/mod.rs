//! Connections, from the listener to the last byte of a response.
//!
//! # Layout
//!
//! - `activity`: what each open connection is doing; the one that has been idle longest is evicted
//! - `limiter`: how many connections there may be at a time
//! - `streams`: how many responses are streams at a time, in all and to one client address
//! - `serve`: the HTTP of one connection, over any stream
//! - `busy_body`: keeps a connection busy until the body of a response has been sent
//! - `watched_input`: tells requests that wait when the client closes its side
//! - `write_timeout`: closes the connection of a client that does not read its response

mod busy_body;
mod streams;
mod watched_input;
mod write_timeout;

pub(crate) mod activity;
pub(crate) mod limiter;
pub(crate) mod serve;
