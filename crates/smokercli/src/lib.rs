//! The client of smokerd: `smokercli` and `check_smoker_plugin`.
//!
//! # Layout
//!
//! From top to bottom; a room imports only from rooms below it.
//!
//! - `app`: what `smokercli` does, from the command line to the exit code
//! - `commands`: the same of commands with options of their own; what `smokercli silence`, `smokercli explain` and
//!   `smokercli hosts` do
//! - `watch`: what `smokercli --watch` does; `gate`: what `smokercli gate` does; `baseline`: what `smokercli baseline` does
//! - `odd`: what `smokercli odd` does; `roll`: what `smokercli roll` does; `diff`: what `smokercli diff` does
//! - `fleet_page`: what `smoker-fleet` takes of the client; `listen`: where that serves its page
//! - `nagios`: what `check_smoker_plugin` does; `trust`: what `smokercli trust` does
//! - `completion`: what a shell completes and only a daemon knows
//! - `asking`: how long work with hosts goes on; `listing`: the hosts of a call without asking them
//! - `targets`: whom a call asks, and how its requests reach them
//! - `query`: what a command line asks for; `cli`: the command lines
//! - `discovery`: hosts from plugins and commands; `config`: the configuration file
//! - `render`: turns the report into text, a file for each format
//! - `terminal`: standard output and error, colours
//! - `client`: asks one daemon or a fleet, and has them run plugins
//! - `transport`: how requests reach a daemon
//! - `inventory`: the hosts to ask; `trust_store`: the daemons that the user knows, and the user's key
//! - `error`, `exit_code`: how a call ends, and the states that make it fail
//! - `filter`: which plugins are selected; `report`: the results of all hosts, now and in the past, and as they are judged
//! - `plugin`: a plugin as a daemon's answer shows it

#![forbid(unsafe_code)]

pub mod app;
pub mod asking;
pub mod client;
pub mod config;
pub mod error;
pub mod exit_code;
pub mod filter;
pub mod fleet_page;
pub mod inventory;
pub mod listen;
pub mod nagios;
pub mod plugin;
pub mod render;
pub mod report;
pub mod terminal;
pub mod transport;
pub mod trust_store;

mod baseline;
mod cli;
mod commands;
mod completion;
mod diff;
mod discovery;
mod gate;
mod listing;
mod odd;
mod query;
mod roll;
mod targets;
mod trust;
mod watch;
