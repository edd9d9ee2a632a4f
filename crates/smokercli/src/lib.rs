//! The client of smokerd: `smokercli` and `check_smoker_plugin`.
//!
//! # Layout
//!
//! From top to bottom; a room imports only from rooms below it.
//!
//! - `app`: what `smokercli` does, from the command line to the exit code
//! - `commands`: the same of commands with options of their own
//! - `watch`: what `smokercli --watch` does; `gate`: what `smokercli gate` does; `baseline`: what `smokercli baseline` does
//! - `odd`: what `smokercli odd` does; `roll`: what `smokercli roll` does; `diff`: what `smokercli diff` does
//! - `silence`: what `smokercli silence` does; `explain`: what `smokercli explain` does
//! - `nagios`: what `check_smoker_plugin` does; `trust`: what `smokercli trust` does
//! - `asking`: how long work with hosts goes on; `listing`: the hosts of a call without asking them
//! - `targets`: whom a call asks, and how its requests reach them
//! - `query`: what a command line asks for; `cli`: the command lines
//! - `discovery`: hosts from plugins and commands; `config`: the configuration file
//! - `render`: turns the report into text, a file for each format
//! - `terminal`: standard output and error, colours
//! - `client`: asks one daemon or a fleet, and has them run plugins
//! - `transport`: how requests reach a daemon
//! - `inventory`: the hosts to ask; `trust_store`: the daemons that the user knows, and the user's key
//! - `error`, `exit_code`: how a call ends; `fail_on`: the states that make it fail
//! - `filter`: which plugins are selected; `report`: the results of all hosts; `history`: those of the past
//! - `findings`: the result of a plugin as it is judged
//! - `plugin`: a plugin as a daemon's answer shows it

#![forbid(unsafe_code)]

pub mod app;
pub mod client;
pub mod config;
pub mod error;
pub mod exit_code;
pub mod fail_on;
pub mod filter;
pub mod findings;
pub mod history;
pub mod inventory;
pub mod nagios;
pub mod plugin;
pub mod render;
pub mod report;
pub mod terminal;
pub mod transport;
pub mod trust_store;

mod asking;
mod baseline;
mod cli;
mod commands;
mod diff;
mod discovery;
mod explain;
mod gate;
mod listing;
mod odd;
mod query;
mod roll;
mod silence;
mod targets;
mod trust;
mod watch;
