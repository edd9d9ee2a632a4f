//! The tree becomes typed settings and plugin specifications.
//!
//! # Layout
//!
//! - `interpret`: the whole tree
//! - `settings`: the top-level keys; those that say who may use the daemon; those that mean nothing here
//! - `sections`: the sections `templates`, `actions` and `plugins`
//! - `plugins`: all plugins, and a problem for each that does not load
//! - `relations`: plugins that name others
//! - `idle_relations`: where nothing comes of that
//! - `resolve`: a plugin's parameters, merged from defaults, templates and its own
//! - `parameter`: a parameter that is not validated yet
//! - `actions`: what a plugin's `Action`, `Actions` and `Escalate` mean
//! - `validate`: parameters become a typed specification
//! - `values`: values of single parameters
//! - `overrides`: parameters that replace those of one plugin
//! - `pattern`: patterns of values that requests give
//! - `places`: where parameters are written
//! - `plugin_fault`: why a plugin does not load
//! - `spelling`: parameters that are probably misspelt

pub(crate) mod actions;
pub(crate) mod idle_relations;
pub(crate) mod interpret;
pub mod overrides;
pub(crate) mod parameter;
pub mod pattern;
pub mod places;
pub(crate) mod plugin_fault;
pub(crate) mod plugins;
pub(crate) mod relations;
pub(crate) mod resolve;
pub(crate) mod sections;
pub mod settings;
pub(crate) mod spelling;
pub(crate) mod validate;
pub(crate) mod values;
