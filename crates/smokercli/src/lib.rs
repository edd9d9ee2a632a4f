//! The client of smokerd: `smokercli` and `check_smoker_plugin`.
//!
//! # Layout
//!
//! From top to bottom; a room imports only from rooms below it.
//!
//! - `app`: what `smokercli` does, from the command line to the exit code
//! - `watch`: what `smokercli --watch` does
//! - `nagios`: what `check_smoker_plugin` does; `trust`: what `smokercli trust` does
//! - `query`: what a command line asks for; `cli`: the command lines
//! - `discovery`: hosts from plugins and commands; `config`: the configuration file
//! - `render`: turns the report into text, a file for each format
//! - `terminal`: standard output and error, colours
//! - `client`: asks one daemon or a fleet, and has them run plugins
//! - `transport`: how requests reach a daemon
//! - `inventory`: the hosts to ask; `trust_store`: the daemons that the user knows, and the user's key
//! - `error`, `exit_code`: how a call ends; `fail_on`: the states that make it fail
//! - `filter`: which plugins are selected; `report`: the results of all hosts; `history`: those of the past
//! - `plugin`: a plugin as a daemon's answer shows it

#![forbid(unsafe_code)]

pub mod app;
pub mod client;
pub mod config;
pub mod error;
pub mod exit_code;
pub mod fail_on;
pub mod filter;
pub mod history;
pub mod inventory;
pub mod nagios;
pub mod plugin;
pub mod render;
pub mod report;
pub mod terminal;
pub mod transport;
pub mod trust_store;

mod cli;
mod discovery;
mod query;
mod trust;
mod watch;
