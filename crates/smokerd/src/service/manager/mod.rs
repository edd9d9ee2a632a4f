//! The service manager that started the daemon, systemd or another that speaks its protocol.
//!
//! # Layout
//!
//! - `notify`: notifies it of what the daemon does
//! - `watchdog`: notifies its watchdog as long as the daemon works

pub(crate) mod notify;
pub(crate) mod watchdog;
