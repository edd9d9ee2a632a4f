//! What one smokerd asks of another that runs: `--stop` and `--reload`.
//!
//! # Layout
//!
//! - `stop`: SIGTERM, then waits until the daemon is gone
//! - `reload_command`: asks for a reload, and waits for the outcome
//! - `reload_socket`: the socket by which it asks
//! - `find`: the daemon of a pidfile
//! - `signal_error`: a daemon that cannot be signalled

pub(crate) mod find;
pub(crate) mod reload_command;
pub(crate) mod reload_socket;
mod signal_error;
pub(crate) mod stop;
