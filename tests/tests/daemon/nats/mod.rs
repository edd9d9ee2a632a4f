//! `smoker-bridge`, between a real daemon and a real NATS server.
//!
//! # Layout
//!
//! - `requests`: requests and their answers
//! - `results`: what the stream has is what the journal has
//! - `permissions`: what a host may do
//! - `sinks`: what takes results out of the stream
//! - `client`: a client of NATS

mod client;
mod permissions;
mod requests;
mod results;
mod sinks;
