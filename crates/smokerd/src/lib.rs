//! The Smoker daemon: runs plugins and serves their results over REST.
//!
//! # Layout
//!
//! - `app`: from the command line to the exit code, the start-up in order
//! - `cli`: what was typed
//! - `exit_code`: what the exit codes mean
//! - `startup`: from the configuration's path to what this daemon can run
//! - `service`: sockets, pidfile, background, privileges, signals, the service manager
//! - `daemon`: everything that lives inside the runtime, put together
//! - `reload`: what HUP does; and `setting_changes`, which settings it can take
//! - `live`: what a configuration decides of a running daemon
//! - `scheduler`: when plugins run, and how many at a time
//! - `results`: results, next runs, forced runs
//! - `http`: connections, access, the pages
//! - `test_plugin`: one plugin, run once, here and now
//! - `os`: what the operating system offers

#![forbid(unsafe_code)]

pub mod app;
pub mod exit_code;
pub mod http;

mod cli;
mod daemon;
mod live;
mod os;
mod reload;
mod results;
mod scheduler;
mod service;
mod setting_changes;
mod startup;
mod test_plugin;
