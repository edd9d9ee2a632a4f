//! A configuration becomes text.
//!
//! # Layout
//!
//! - `generate`: the text of one file that means the same as a folder
//! - `plugin_file`: the text of a file for `plugin.d`
//! - `yaml_text`: a value as YAML text

pub mod generate;
pub mod plugin_file;
pub(crate) mod yaml_text;
