//! Processes, services, ports, packages and accounts.
//!
//! # Layout
//!
//! - `process`: processes by name, arguments and account
//! - `service`: services of systemd and init scripts
//! - `port`: who listens on a port
//! - `package`: installed packages
//! - `user`, `group`: accounts
//! - `failed_units`: the units that systemd has given up
//! - `process_table`, `sockets`: files below `/proc` that some of them read
//! - `program`: the one place that starts a program

pub(crate) mod failed_units;
pub(crate) mod group;
pub(crate) mod package;
pub(crate) mod port;
pub(crate) mod process;
pub(crate) mod program;
pub(crate) mod service;
pub(crate) mod user;

mod process_table;
mod sockets;
