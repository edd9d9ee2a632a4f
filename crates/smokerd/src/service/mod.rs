//! Being a daemon: sockets, pidfile, background, privileges, signals, the service manager.
//!
//! # Layout
//!
//! - `listen`: the sockets that the daemon listens on
//! - `unix_socket`: that for clients of this machine
//! - `pidfile`: the file with the daemon's process id; `pid_lock`: the lock beside it
//! - `program`: whether another process is this program
//! - `daemonize`: into the background, while the starting command waits
//! - `stdio`: standard streams of a background daemon
//! - `place`: why no file can be made at a path
//! - `privileges`: drops privileges
//! - `signals`: TERM, INT and HUP
//! - `manager`: the service manager and its watchdog
//! - `logger_names`: which logger each room of the daemon logs to
//! - `error`: why the daemon does not start

pub(crate) mod daemonize;
pub(crate) mod error;
pub(crate) mod listen;
pub(crate) mod logger_names;
pub(crate) mod manager;
pub(crate) mod pid_lock;
pub(crate) mod pidfile;
pub(crate) mod place;
pub(crate) mod privileges;
pub(crate) mod program;
pub(crate) mod signals;
pub(crate) mod stdio;
pub(crate) mod unix_socket;
