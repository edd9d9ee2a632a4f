//! `smoker-bridge`, between a real daemon and a real NATS server.
//!
//! # Layout
//!
//! - `requests`: requests and their answers
//! - `results`: what the stream has is what the journal has
//! - `permissions`: what a host may do
//! - `sinks`: what takes results out of the stream
//! - `many`: more hosts than this machine has, some of which die
//! - `client`: a client of NATS
//! - `asked`: what `smokercli --nats` shows; `operator`: who asks, and the hosts

mod asked;
mod client;
mod many;
mod operator;
mod permissions;
mod requests;
mod results;
mod sinks;
