//! The client of smokerd: `smokercli` and `check_smoker_plugin`.
//!
//! # Layout
//!
//! - `app`: what `smokercli` does, from the command line to the exit code
//! - `cli`: the command lines; `query`: what a command line means
//! - `config`: the configuration file
//! - `inventory`: which hosts are asked; `discovery`: hosts from plugins and commands
//! - `filter`: which plugins are meant
//! - `transport`: how requests reach a daemon; `client`: asks one daemon, or a fleet
//! - `plugin`: a plugin as a daemon's answer shows it
//! - `report`: what is known of the hosts then; `render`: turns it into text
//! - `terminal`: standard output and error, colours
//! - `nagios`: what `check_smoker_plugin` does
//! - `exit_code`, `error`: how a call ends

#![forbid(unsafe_code)]

pub mod app;
pub mod client;
pub mod config;
pub mod error;
pub mod exit_code;
pub mod filter;
pub mod inventory;
pub mod nagios;
pub mod plugin;
pub mod render;
pub mod report;
pub mod terminal;
pub mod transport;

mod cli;
mod discovery;
mod query;
