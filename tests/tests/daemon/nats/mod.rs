//! `smoker-bridge`, between a real daemon and a real NATS server.
//!
//! # Layout
//!
//! - `requests`: requests and their answers
//! - `results`: what the stream has is what the journal has
//! - `compared`: the stream beside the journal
//! - `cluster`: three servers, one of which is cut off; `slow`: consumers that do not keep up
//! - `permissions`: what a host may do; `forged`: what it may try
//! - `certificates`: hosts and operators that are known by certificates
//! - `sinks`: what takes results out of the stream
//! - `many`: more hosts than this machine has, some of which die
//! - `client`: a client of NATS
//! - `asked`: what `smokercli --nats` shows; `operator`: who asks, and the hosts

mod asked;
mod certificates;
mod client;
mod cluster;
mod compared;
mod forged;
mod many;
mod operator;
mod permissions;
mod requests;
mod results;
mod sinks;
mod slow;
