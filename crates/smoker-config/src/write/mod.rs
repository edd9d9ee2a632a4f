//! A configuration becomes text.
//!
//! # Layout
//!
//! - `generate`: the text of one file that means the same as a folder
//! - `yaml_text`: a value as YAML text

pub mod generate;
pub(crate) mod yaml_text;
