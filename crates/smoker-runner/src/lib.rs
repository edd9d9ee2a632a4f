//! Runs plugins: a check returns one `PluginResult`, always, and so does an action.
//!
//! # Layout
//!
//! - `runner`: offers a run's two steps
//! - `check`: from the maintenance lock to the plugin's result; `act`: the action that follows
//! - `carried_state`: what the Python modules of one run leave for its actions
//! - `context`: what everything that takes part in a run knows of it
//! - `check_memory`: what built-in checks remember from one run to the next
//! - `prepared`: a plugin with all that can be looked up before its first run
//! - `preflight`: what would fail in every run, found without a run
//! - `command`: a command line with its surroundings becomes findings
//! - `template`: `%(Name)s` in a command, quoted for the place where it stands
//! - `nearly_json`: output that looks like a result, but is not one
//! - `output`: what a command printed becomes findings
//! - `memory_kills`: what a run says of processes that the kernel killed for its `MaxMemory`
//! - `trace`: what a run shows besides its result
//! - `modules`: modules and parsers, built in or in Python
//! - `process`: one child from its start to its end, and everything that it started
//! - `log_limit`: bounds what one plugin can write to the log
//! - `terminal_codes`: colours and the like, which are no part of a report
//! - `detached`: blocking work that may hang, on a thread of its own

pub mod check;
pub mod check_memory;
pub mod context;
pub mod detached;
pub mod log_limit;
pub mod modules;
pub mod nearly_json;
pub mod output;
pub mod preflight;
pub mod prepared;
pub mod process;
pub mod runner;
pub mod template;
pub mod trace;

mod act;
mod carried_state;
mod command;
mod memory_kills;
mod terminal_codes;
