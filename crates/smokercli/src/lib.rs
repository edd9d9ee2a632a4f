//! The client of smokerd: `smokercli` and `check_smoker_plugin`.
//!
//! # Layout
//!
//! - `app`: what `smokercli` does, from the command line to the exit code
//! - `cli`: the command line; `abbreviation`: shortened options; `seconds`: time limits; `completions`:
//!   for shells
//! - `query`: what a command line means
//! - `config`: the configuration file
//! - `discovery`: hosts from plugins and commands
//! - `hosts`: addresses, ranges and files of them
//! - `filter`: which plugins are meant
//! - `plugin`: a plugin as a daemon's answer shows it
//! - `client`: asks daemons: one, or a fleet
//! - `report`: what is known of the hosts then
//! - `render`: turns a report into text; `style`: its colours; `sanitize`: what a terminal must not see
//! - `progress`: standard error while hosts are asked
//! - `output`: standard output
//! - `nagios`: what `check_smoker_plugin` does; `nagios_cli`: its command line
//! - `exit_code`, `error`: how a call ends

#![forbid(unsafe_code)]

mod abbreviation;
pub mod app;
mod cli;
pub mod client;
mod completions;
pub mod config;
mod discovery;
pub mod error;
pub mod exit_code;
pub mod filter;
pub mod hosts;
pub mod nagios;
mod nagios_cli;
mod output;
pub mod plugin;
mod progress;
mod query;
pub mod render;
pub mod report;
pub mod sanitize;
mod seconds;
pub mod style;
