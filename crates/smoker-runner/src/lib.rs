//! Runs one plugin: one plugin in, one `PluginResult` out, always.
//!
//! # Layout
//!
//! - `runner`: the way of a run, from the maintenance lock to the action's result
//! - `prepared`: a plugin with all that can be looked up before its first run
//! - `action`: what follows a run
//! - `command`: a command line with its surroundings becomes findings
//! - `template`: `%(Name)s` in a command, quoted for the place where it stands
//! - `output`: what a command printed becomes findings
//! - `evidence`: what a run showed besides its result; `witness`: notes it
//! - `modules`: modules and parsers, built in or in Python
//! - `process`: one child from its start to its end, and everything that it started
//! - `aside`: work that may hang, on a thread of its own

pub mod aside;
pub mod evidence;
pub mod modules;
pub mod output;
pub mod prepared;
pub mod process;
pub mod runner;
pub mod template;

mod action;
mod command;
mod witness;
