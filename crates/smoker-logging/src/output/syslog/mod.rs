//! The system's log, and others that speak its protocol.
//!
//! # Layout
//!
//! - `connection`: a socket to a syslog
//! - `sink`: lines as Python's `SysLogHandler` sends them; it connects again when the connection breaks
//! - `system`: `syslog(3)`, for systems whose log has no known socket

mod connection;
pub(crate) mod sink;
pub(crate) mod system;
