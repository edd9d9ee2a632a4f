//! What a child starts with, beside its program and arguments.
//!
//! # Layout
//!
//! - `surroundings`: the settings of a plugin's processes: limits, working directory, umask, variables
//! - `credentials`: the user and groups that a child runs as
//! - `account_processes`: how many processes an account has
//! - `environment`: the `SMOKER_*` variables
//! - `inheritance`: what the daemon has set for itself alone

pub(crate) mod account_processes;
pub mod credentials;
pub(crate) mod environment;
pub mod inheritance;
pub(crate) mod surroundings;
