//! Runs one plugin: one plugin in, one `PluginResult` out, always.
//!
//! # Layout
//!
//! - `runner`: the way of a run, from the maintenance lock to the action's result
//! - `prepared`: a plugin with all that can be looked up before its first run
//! - `action`: what follows a run
//! - `command`: a command line with its surroundings becomes findings
//! - `module`: where modules and parsers are dispatched
//! - `template`: `%(Name)s` in a command, quoted for the place where it stands
//! - `environment`: the `SMOKER_*` variables
//! - `output`: what a command printed becomes findings
//! - `execute`: the life of one child: output, exit, deadline, cancel
//! - `capture`: the bounded copy of an output stream
//! - `process`: starting a child, the only place that does
//! - `terminate`: ending a child and all that it started, the only place that signals
//! - `census`: who belongs to a run
//! - `guardian`: ends the runs of a daemon that was killed
//! - `reaper`: orphans that became our children
//! - `credentials`: the user and groups that a child runs as
//! - `sys`: what differs between Linux and other systems

pub mod credentials;
pub mod guardian;
pub mod prepared;
pub mod reaper;
pub mod runner;
pub mod template;

mod action;
mod capture;
mod census;
mod command;
mod environment;
mod execute;
mod module;
mod output;
mod process;
mod sys;
mod terminate;
