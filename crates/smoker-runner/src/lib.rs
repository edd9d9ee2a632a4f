//! Runs one plugin: one plugin in, one `PluginResult` out, always.
//!
//! # Layout
//!
//! - `runner`: the way of a run, from the maintenance lock to the action's result
//! - `evidence`: what a run showed besides its result
//! - `witness`: notes it
//! - `prepared`: a plugin with all that can be looked up before its first run
//! - `action`: what follows a run
//! - `command`: a command line with its surroundings becomes findings
//! - `module`: where modules and parsers are dispatched
//! - `builtin`: running a built-in, here or in a child of our own binary
//! - `lookup`: looks for the modules that plugins name
//! - `host`: the warm Python host
//! - `protocol`: what a module is asked
//! - `native`: the modules, parsers and actions that need no Python
//! - `template`: `%(Name)s` in a command, quoted for the place where it stands
//! - `environment`: the `SMOKER_*` variables
//! - `output`: what a command printed becomes findings
//! - `execute`: the life of one child: output, exit, deadline, cancel
//! - `capture`: the bounded copy of an output stream
//! - `process`: starting a child, the only place that does
//! - `run_id`: the number of a run, which all its processes carry
//! - `tree`: the processes that come from one child
//! - `family`: the children of one run of a plugin
//! - `leftovers`: what runs that are over left running, and its end
//! - `terminate`: ending a child and all that it started, the only place that signals
//! - `census`: who belongs to a run
//! - `guardian`: ends the runs of a daemon that was killed
//! - `births`: children get the number of their run
//! - `reaper`: orphans that became our children
//! - `credentials`: the user and groups that a child runs as
//! - `aside`: work that may hang, on a thread of its own
//! - `sys`: what differs between Linux and other systems

pub mod aside;
pub mod builtin;
pub mod credentials;
pub mod evidence;
pub mod guardian;
pub mod host;
pub mod lookup;
pub mod native;
pub mod output;
pub mod prepared;
pub mod reaper;
pub mod runner;
pub mod template;

mod action;
mod births;
mod capture;
mod census;
mod command;
mod environment;
mod execute;
mod family;
mod leftovers;
mod module;
mod process;
mod protocol;
mod run_id;
mod sys;
mod terminate;
mod tree;
mod witness;
