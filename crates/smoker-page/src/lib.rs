//! The page that smokerd serves to browsers, and its table without scripts, as texts.
//!
//! # Layout
//!
//! - `files`: the page: an index, a script, a style sheet, and the headers that they are sent with
//! - `table`: plugins as a table, made where they are known
//! - `markup`: text inside HTML
//! - `built`: what `build.mjs` has made of the sources in `page/`

#![forbid(unsafe_code)]

pub mod files;
pub mod table;

mod built;
mod markup;
