//! What a configuration that loads has probably not been meant to say. Only `--check` asks: a start is not delayed by it.
//!
//! # Layout
//!
//! - `run_lints`: goes through a whole configuration
//! - `linted_plugin`: a plugin as the lints look at it
//! - `ineffective`: settings with which a plugin never runs, never has a result, tells nobody, or that set nothing
//! - `lost_exit_status`: commands whose exit status says nothing of what they run
//! - `values`: values that are probably not what was meant
//! - `taken_names`: keys that the original did not have, and that a plugin uses as its own
//! - `misplaced`: keys in a place where they mean nothing
//! - `foreign_keys`: keys that mean something to other tools
//! - `references`: templates, actions and parameters that nothing refers to, and secrets in command lines
//! - `unexpanded`: variables and templates that nothing expands
//! - `settings`: settings of the daemon that cannot do what they say
//! - `clusters`: plugins of a cluster that do not exist
//! - `without_default`: parameters of scheduled runs that only a client gives
//! - `findings`: collects them, each place once

mod clusters;
mod findings;
mod foreign_keys;
mod ineffective;
mod linted_plugin;
mod lost_exit_status;
mod misplaced;
mod references;
pub(crate) mod run_lints;
mod settings;
mod taken_names;
mod unexpanded;
mod values;
mod without_default;
