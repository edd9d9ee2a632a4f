//! The system's log, and others that speak its protocol.
//!
//! # Layout
//!
//! - `address`: where it listens
//! - `priority`: facilities and severities by number
//! - `connection`: a socket to it, made anew when it breaks
//! - `sink`: lines as Python's `SysLogHandler` sends them
//! - `system`: `syslog(3)`, for systems whose log has no known socket

pub(crate) mod address;
mod connection;
pub(crate) mod priority;
pub(crate) mod sink;
pub(crate) mod system;
