//! The house rules: which crate and which folder may import which, which words are refused, which files pages name.
//!
//! # Layout
//!
//! - `walls`: the tests that hold the sources against the tables; `rooms`: the tables of allowed imports; `crate_walls`: those of crates
//! - `words`: the test that looks for refused words
//! - `paths`: files and links in pages; `glossary`: the order of the terms
//!
//! - `imports`: which file of a crate imports which
//! - `source`: the paths that a Rust source names
//! - `repository`: the files of the repository

mod crate_walls;
mod glossary;
mod imports;
mod paths;
mod repository;
mod rooms;
mod source;
mod walls;
mod words;
