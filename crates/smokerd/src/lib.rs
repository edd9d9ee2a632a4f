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
//! - `configuration`: from a path to what this daemon can take
//! - `admission`: configured plugins that this daemon cannot take
//! - `modules`: modules and parsers that a configuration names and nobody has
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
//! - `append_file`: files that root opens for the account that the daemon becomes
//! - `privileges`: becoming the configured user
//! - `descriptors`: how many files may be open
//! - `logging`: where log lines go
//! - `signals`: TERM, INT and HUP
//! - `service_manager`: what systemd and its like are told; and `watchdog`, that all is well
//! - `sys`: what differs between Linux and other systems
//!
//! Doing the work:
//!
//! - `daemon`: everything that lives inside the runtime, put together
//! - `reload`: what HUP does; and `setting_changes`, which settings it can take
//! - `live`: what a configuration decides of a daemon that runs
//! - `manager`: the handle through which pages reach plugins
//! - `plugin_set`: the plugins that count, and what follows from others
//! - `plugin_task`: one plugin's timer and runs
//! - `run`: one run of a plugin
//! - `schedule`: when timed runs are due
//! - `slots`: the bound on runs at a time
//! - `state`: results, next runs, processes
//! - `roster`: what it knows of each plugin
//! - `history`: the results that are kept of one plugin
//! - `process_table`: forced runs
//! - `frame`: what the configuration alone decides of a plugin on the wire
//! - `json_text`: JSON as the original writes it
//! - `server`: accepts connections and answers them
//! - `places`: how many connections there may be; and `idle`, which of them wait for a request and have to go first
//! - `patience`: gives up on peers that do not read
//! - `limits`: how much a client may ask
//! - `api`: the pages
//! - `embedded`: parts of the daemon for other programs

#![forbid(unsafe_code)]

pub mod app;
pub mod embedded;
pub mod exit_code;
pub mod limits;

mod admission;
mod api;
mod append_file;
mod cli;
mod configuration;
mod daemon;
mod daemonize;
mod descriptors;
mod error;
mod frame;
mod genconfig;
mod history;
mod idle;
mod json_text;
mod listen;
mod live;
mod logging;
mod manager;
mod modules;
mod patience;
mod pidfile;
mod places;
mod plugin_set;
mod plugin_task;
mod privileges;
mod process_table;
mod reload;
mod replace;
mod roster;
mod run;
mod schedule;
mod server;
mod service_manager;
mod setting_changes;
mod signals;
mod slots;
mod state;
mod stdio;
mod stop;
mod sys;
mod test_plugin;
mod test_request;
mod watchdog;
