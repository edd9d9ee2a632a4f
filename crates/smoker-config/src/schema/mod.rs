//! The configuration as a JSON Schema, which editors and generators of configurations read.
//!
//! # Layout
//!
//! - `document`: the schema, made of the lists of keys
//! - `forms`: which values the keys take, and what they are for

pub mod document;

mod forms;
