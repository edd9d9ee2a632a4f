//! TLS configurations of both sides, and what their errors mean.
//!
//! # Layout
//!
//! - `server`: the daemon's configuration; `any_client`: it takes the key of any client, and leaves to the pages what the key may
//! - `client`: the client's configuration; `known_host`: it takes the daemon that it knows; `any_server`: it takes any, to learn its key
//! - `signatures`: what both check in the same way
//! - `explain`: errors of the library as failures
//! - `first_byte`: whether a connection begins with TLS

pub mod any_client;
mod any_server;
pub mod client;
pub mod explain;
pub mod first_byte;
pub mod known_host;
pub mod server;
mod signatures;

#[cfg(test)]
mod tests;
