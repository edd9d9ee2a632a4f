//! `smoker-bridge`, between a real daemon and a real NATS server.
//!
//! # Layout
//!
//! - `requests`: requests and their answers
//! - `results`: what the stream has is what the journal has
//! - `permissions`: what a host may do; `forged`: what it may try
//! - `certificates`: hosts and operators that are known by certificates
//! - `sinks`: what takes results out of the stream
//! - `client`: a client of NATS
//! - `asked`: what `smokercli --nats` shows; `operator`: who asks, and the hosts

mod asked;
mod certificates;
mod client;
mod forged;
mod operator;
mod permissions;
mod requests;
mod results;
mod sinks;
