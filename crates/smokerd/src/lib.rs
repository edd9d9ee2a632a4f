//! The Smoker daemon: runs plugins and serves their results over REST.
//!
//! # Layout
//!
//! - `app`: from the command line to the exit code, the start-up in order
//! - `cli`: the command line
//! - `check`: every problem of a configuration, without a daemon
//! - `compare`: every plugin run once here and in another daemon
//! - `embedded`: the pages without sockets, for the fuzzer
//! - `exit_code`: what the exit codes mean
//! - `identity`: `--identity`, `--authorize`, `--withdraw` and `--token`
//! - `import`: `smokerd import`, which converts configurations of other tools
//! - `import_reader`: the readers of that, for the fuzzer
//! - `suggest`: `smokerd suggest`, which proposes a configuration
//! - `startup`: from the configuration's path to what this daemon can run
//! - `service`: sockets, pidfile, background, privileges, signals, the service manager
//! - `daemon`: everything that lives inside the runtime, put together
//! - `reload`: what a reload does, on SIGHUP or on request
//! - `journal_command`: `--journal`, which looks into kept results
//! - `control`: `--stop` and `--reload`, which ask a running daemon
//! - `runtime`: the parts of a running daemon that a reload changes
//! - `reload_requests`: requests for a reload, and its outcome
//! - `scheduler`: when plugins run, and how many at a time
//! - `results`: results, next runs, forced runs
//! - `http`: connections, access, the pages
//! - `otlp`: metrics and results for a collector of the OpenTelemetry protocol
//! - `test_plugin`: one run of one plugin, without a daemon
//! - `standalone`: runs outside of a daemon
//! - `explain_command`: `--explain`
//! - `silences`: spans of time in which no action follows
//! - `state_folder`: what the daemon keeps for the commands beside it
//! - `os`: what the operating system offers
//! - `output`: what commands write to the standard streams
//! - `terminal_text`: text from others, for a terminal

#![forbid(unsafe_code)]

pub mod app;
pub mod embedded;
pub mod exit_code;
pub mod import_reader;

mod check;
mod cli;
mod compare;
mod control;
mod daemon;
mod explain_command;
mod http;
mod identity;
mod import;
mod journal_command;
mod os;
mod otlp;
mod output;
mod reload;
mod reload_requests;
mod results;
mod runtime;
mod scheduler;
mod service;
mod silences;
mod standalone;
mod startup;
mod state_folder;
mod suggest;
mod terminal_text;
mod test_plugin;
