//! The command lines of both programs. No type of the parser leaves this folder.
//!
//! # Layout
//!
//! - `parse`: reads a command line of `smokercli`; `args`: its options
//! - `commands`: commands that ask hosts and have options of their own
//! - `options`: options that several commands have
//! - `plugin_arguments`: the options that discovery plugins add
//! - `check_args`: the command line of `check_smoker_plugin`
//! - `trust_args`: the command line of `smokercli trust`
//! - `abbreviation`: shortened names of long options
//! - `completions`: scripts that complete command lines in a shell
//! - `negative_numbers`: values that begin with a dash
//! - `duration`: time limits; `moment`: times in the past; `usage`: errors of the parser

mod abbreviation;
pub(crate) mod args;
pub(crate) mod check_args;
pub(crate) mod commands;
mod completions;
mod duration;
pub(crate) mod moment;
mod negative_numbers;
pub(crate) mod options;
pub(crate) mod parse;
pub(crate) mod plugin_arguments;
pub(crate) mod trust_args;
mod usage;
