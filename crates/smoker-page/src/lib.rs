//! The page that smokerd serves to browsers, its table without scripts, and the grid of a fleet, as texts.
//!
//! # Layout
//!
//! - `files`: the page: an index, a script, a style sheet, and the headers that they are sent with
//! - `table`: plugins as a table, made where they are known
//! - `grid`: hosts and plugins as a grid
//! - `markup`: text inside HTML
//! - `built`: what `build.mjs` has made of the sources in `page/`

#![forbid(unsafe_code)]

pub mod files;
pub mod grid;
pub mod table;

mod built;
mod markup;
