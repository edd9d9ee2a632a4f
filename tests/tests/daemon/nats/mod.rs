//! `smoker-bridge`, between a real daemon and a real NATS server.
//!
//! # Layout
//!
//! - `requests`: requests and their answers
//! - `results`: what the stream has is what the journal has
//! - `compared`: the stream beside the journal
//! - `servers`: several servers, and streams that do not take everything; `slow`: consumers that do not keep up
//! - `permissions`: what a host may do; `forged`: what it may try
//! - `certificates`: hosts and operators that are known by certificates
//! - `sinks`: what takes results out of the stream
//! - `many`: more hosts than this machine has, some of which die
//! - `quickstart`: what `make fleet` starts
//! - `client`: a client of NATS
//! - `asked`: what `smokercli --nats` shows; `operator`: who asks, and the hosts

mod asked;
mod certificates;
mod client;
mod compared;
mod forged;
mod many;
mod operator;
mod permissions;
mod quickstart;
mod requests;
mod results;
mod servers;
mod sinks;
mod slow;
