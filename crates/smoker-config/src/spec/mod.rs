//! The tree becomes typed settings and plugin specifications.
//!
//! # Layout
//!
//! - `interpret`: the whole tree
//! - `settings`: the top-level keys
//! - `sections`: the sections `templates`, `actions` and `plugins`
//! - `plugins`: all plugins, and a problem for each that does not load
//! - `resolve`: a plugin's parameters, merged from defaults, templates and its own
//! - `action`: what a plugin's `Action` means
//! - `validate`: parameters become a typed specification
//! - `trigger`: when scheduled runs are due
//! - `process_settings`: how the processes of a run are set up
//! - `quantity`: amounts with a unit
//! - `account`: users and groups
//! - `overrides`: parameters that replace those of one plugin
//! - `places`: where parameters are written
//! - `plugin_fault`: why a plugin does not load
//! - `spelling`: parameters that are probably misspelt

pub(crate) mod account;
pub(crate) mod action;
pub(crate) mod interpret;
pub mod overrides;
pub mod places;
pub(crate) mod plugin_fault;
pub(crate) mod plugins;
pub(crate) mod process_settings;
pub(crate) mod quantity;
pub(crate) mod resolve;
pub(crate) mod sections;
pub mod settings;
pub(crate) mod spelling;
pub(crate) mod trigger;
pub(crate) mod validate;
