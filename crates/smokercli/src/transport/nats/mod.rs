//! Requests through a NATS server. Subjects and parts of answers are those of `smoker_nats`.
//!
//! # Layout
//!
//! - `requests`: what a transport has to do
//! - `connection`: the connection, which all requests of a call share; `inbox`: where answers arrive
//! - `http_text`: requests and answers as bytes of HTTP

pub mod connection;
mod http_text;
mod inbox;
pub mod requests;
