//! The warm Python host: one interpreter, started at first need, that forks a
//! child for each run of a module.
//!
//! # Layout
//!
//! - `python_host`: the handle, which starts a host at first need
//! - `settings`: which interpreter, and where modules are looked up
//! - `sources`: the Python files that the host gets from us
//! - `start`: from an interpreter to a host that takes orders
//! - `wire`: what goes over the control socket
//! - `connection`: orders to a host, and its events to the runs
//! - `streams`: what connects us with a child
//! - `child`: a child until it gets its job
//! - `run`: one run of a module: reply, exit, deadline, cancel
//! - `job`: what a child is told to do
//! - `log`: what modules print and log goes to our log
//! - `prints`: what they print appears on the daemon's standard output where the log does not have it

pub mod prints;
pub mod settings;

pub(crate) mod job;
pub(crate) mod python_host;
pub(crate) mod run;
pub(crate) mod sources;

mod child;
mod connection;
mod log;
mod start;
mod streams;
mod wire;
