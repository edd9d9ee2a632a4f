//! Requests through a NATS server. Subjects and parts of answers are those of `smoker_nats`.
//!
//! # Layout
//!
//! - `requests`: what a transport has to do
//! - `server`: which server, and as whom
//! - `connection`: the connection, which all requests of a call share; `inbox`: where answers arrive
//! - `answer`: the answer of one host
//! - `http_text`: requests and answers as bytes of HTTP

pub mod answer;
pub mod connection;
mod http_text;
mod inbox;
pub mod requests;
pub mod server;
