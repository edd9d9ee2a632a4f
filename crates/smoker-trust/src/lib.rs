//! Who may ask a daemon, and which daemon it is.
//!
//! A key is known by its *pin*, the SHA-256 of its public key, as a host is in SSH's `known_hosts` and a user in
//! `authorized_keys`. Certificates carry keys through TLS; only where a certificate authority is configured do their names and
//! dates count. Nothing here waits, serves or asks: the daemon and the client have the sockets.
//!
//! # Layout
//!
//! From top to bottom; a room imports only from rooms below it.
//!
//! - `ca`: a certificate authority without any service, for the client alone
//! - `handshake`: TLS configurations of both sides, and what their errors mean
//! - `access`: who may do what: `authorized_clients`, tokens, and what an entry grants
//! - `known_hosts`: the daemons that a client knows
//! - `authority`: authorities that sign clients' certificates
//! - `identity`: a key with its certificate, and how both are made
//! - `storage`: private folders and files
//! - `sentence`: what a failure says, to the client's user and in the daemon's log
//! - `failure`: every way in which a handshake or an authorization fails
//! - `provider`: the cryptography; `pin`: what a key is known by; `role`: what one may do; `pattern`: texts with stars

#![forbid(unsafe_code)]

pub mod access;
pub mod authority;
pub mod ca;
pub mod failure;
pub mod handshake;
pub mod identity;
pub mod known_hosts;
pub mod pin;
pub mod provider;
pub mod role;
pub mod storage;

mod pattern;
mod sentence;
