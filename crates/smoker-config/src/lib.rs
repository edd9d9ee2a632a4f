//! Reads Smoker's configuration: a path becomes a [`config::Config`], or one clear
//! [`error::ConfigError`] with file, line and key. Pure and synchronous: nothing is
//! started, logged or read from the environment.
//!
//! # Layout
//!
//! - `config`: the whole configuration, and how it is loaded
//! - `lint`: what a configuration has probably not been meant to say
//! - `write`: a configuration becomes text
//! - `foreign`: YAML and JSON of other tools
//! - `spec`: the tree becomes typed settings and plugin specifications
//! - `files`: several files become one tree
//! - `yaml`: the text of one file becomes a tree of values that know their place
//! - `environment`: what `!env` reads
//! - `parser_parameters`: what built-in parsers read
//! - `sources`: the files that it was read from
//! - `error`: what ends the loading
//! - `problem`: what does not
//! - `schema`: the configuration as a JSON Schema
//! - `keys`: every key that means something
//! - `limits`: every default and bound

#![forbid(unsafe_code)]

pub mod config;
pub mod environment;
pub mod error;
pub mod foreign;
pub mod keys;
pub mod limits;
pub mod parser_parameters;
pub mod problem;
pub mod schema;
pub mod sources;
pub mod spec;
pub mod write;

mod files;
mod lint;
mod yaml;
