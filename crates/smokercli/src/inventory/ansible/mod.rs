//! Inventories of Ansible.
//!
//! # Layout
//!
//! - `text`: finds out which form a text has, and reads it
//! - `ini`: the INI form; `structure`: the forms in YAML, and in JSON as programs print it with `--list`; `json`: reads JSON
//! - `host_pattern`: `web[01:40:2].example.org:22`

mod host_pattern;
mod ini;
mod json;
mod structure;
pub mod text;
