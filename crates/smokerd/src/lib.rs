//! The Smoker daemon: runs plugins and serves their results over REST.
//!
//! # Layout
//!
//! Being a program:
//!
//! - `app`: from the command line to the exit code, the start-up in order
//! - `cli`: what was typed
//! - `exit_code`: what the exit codes mean
//! - `error`: what ends a start
//! - `admission`: configured plugins that this daemon cannot take
//! - `genconfig`: a generated configuration to its place; and `replace`, which puts a file in the place of another
//! - `test_request`: what was typed about trying one plugin
//! - `test_plugin`: one plugin, run once, here and now
//!
//! Being a daemon:
//!
//! - `listen`: the sockets
//! - `pidfile`: who we are, for others; and `stop`, which asks it
//! - `daemonize`: into the background, the starting command waiting
//! - `stdio`: standard streams of a background daemon
//! - `privileges`: becoming the configured user
//! - `descriptors`: how many files may be open
//! - `logging`: where log lines go
//! - `python`: where Python and its modules are
//! - `signals`: what TERM, INT and HUP do
//!
//! Doing the work:
//!
//! - `daemon`: everything that lives inside the runtime, put together
//! - `manager`: the handle through which pages reach plugins
//! - `plugin_task`: one plugin's timer and runs
//! - `schedule`: when timed runs are due
//! - `slots`: the bound on runs at a time
//! - `state`: results, next runs, processes
//! - `history`: the results that are kept of one plugin
//! - `process_table`: forced runs
//! - `frame`: what never changes of a plugin on the wire
//! - `json_text`: JSON as the original writes it
//! - `server`: accepts connections and answers them
//! - `patience`: gives up on peers that do not read
//! - `limits`: how much a client may ask
//! - `api`: the pages

#![forbid(unsafe_code)]

pub mod app;
pub mod exit_code;
pub mod limits;

mod admission;
mod api;
mod cli;
mod daemon;
mod daemonize;
mod descriptors;
mod error;
mod frame;
mod genconfig;
mod history;
mod json_text;
mod listen;
mod logging;
mod manager;
mod patience;
mod pidfile;
mod plugin_task;
mod privileges;
mod process_table;
mod python;
mod replace;
mod schedule;
mod server;
mod signals;
mod slots;
mod state;
mod stdio;
mod stop;
mod test_plugin;
mod test_request;
