//! What answers over a network or a socket.
//!
//! # Layout
//!
//! - `http`: web servers and interfaces
//! - `tls`: certificates and handshakes, also behind STARTTLS
//! - `tcp`, `udp`, `unix`: connections, and what is said on them
//! - `dns`: addresses of names
//! - `ping`: echoes of hosts
//! - `time`: the clock against NTP servers
//! - `endpoint`: `host:port`
//! - `connection`: sockets that give up at a moment
//! - `exchange`: what is sent and expected
//! - `secure`: TLS on a connection
//! - `authorities`: who is trusted, read again when the file changes
//! - `certificate`: names and dates of a certificate
//! - `chain`: which certificate of a chain ends first

pub(crate) mod dns;
pub(crate) mod http;
pub(crate) mod ping;
pub(crate) mod tcp;
pub(crate) mod time;
pub(crate) mod tls;
pub(crate) mod udp;
pub(crate) mod unix;

pub(super) mod connection;
pub(super) mod endpoint;

pub(crate) mod authorities;
mod certificate;
mod chain;
mod exchange;
pub(crate) mod secure;
