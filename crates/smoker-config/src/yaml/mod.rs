//! The text of one file becomes a tree of values that know their place, as PyYAML reads it.
//!
//! # Layout
//!
//! - `source_text`: one file as text
//! - `document`: text becomes a tree of nodes
//! - `compat`: repairs what YAML 1.1 allowed and YAML 1.2 refuses
//! - `advice`: a parser's error becomes a message that says what to do
//! - `mask`: lines for messages without the secrets in them
//! - `node`: the tree, whose values know their place
//! - `words/`: what an unquoted word means in YAML 1.1, and to programs in Go
//! - `tag`: explicit tags
//! - `command`: what YAML takes from the text of a command
//! - `merge`: the names of one mapping: `<<`, and repeated names
//! - `key`: when two names in a mapping are the same

pub(crate) mod advice;
pub(crate) mod command;
pub(crate) mod compat;
pub(crate) mod document;
pub(crate) mod key;
pub(crate) mod mask;
pub(crate) mod merge;
pub(crate) mod node;
pub(crate) mod source_text;
pub(crate) mod tag;
pub(crate) mod words;
