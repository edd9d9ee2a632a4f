//! From the configuration's path to what this daemon can run, before it leaves the terminal.
//!
//! # Layout
//!
//! - `configuration`: a path becomes a configuration that this daemon can run
//! - `absent_plugins`: plugins of the configuration that no daemon has, and why
//! - `admission`: plugins whose users or groups this daemon cannot run as
//! - `containment`: what `--check` says of the containment of runs on this host
//! - `missing_logging_conf`: a logging configuration that was named and is not there
//! - `modules`: modules and parsers that a configuration names and that cannot be found
//! - `notes`: what `--check -v` says of a configuration that is in order
//! - `parameters`: parameters that built-in modules, parsers and actions refuse
//! - `genconfig`: writes a generated configuration to a file or to standard output
//! - `reach`: files that root reads for the daemon's account, which cannot read them
//! - `trust`: the accounts that could have written a configuration
//! - `bounded_read`: gives up reads that hang
//! - `replace`: replaces a file in one step

pub(crate) mod absent_plugins;
pub(crate) mod admission;
pub(crate) mod bounded_read;
pub(crate) mod configuration;
pub(crate) mod containment;
pub(crate) mod genconfig;
pub(crate) mod missing_logging_conf;
pub(crate) mod modules;
pub(crate) mod notes;
pub(crate) mod parameter_problems;
pub(crate) mod reach;
pub(crate) mod replace;
pub(crate) mod trust;
