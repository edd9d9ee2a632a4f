//! The documentation is true: what it shows is done, what it lists is held against the programs.
//!
//! # Layout
//!
//! - `examples`: configurations and results of writing plugins and of modules
//! - `options`: options and exit codes of the command lines, in pages and man pages
//! - `man_pages`: their form
//! - `completions`: what shells complete

mod completions;
mod examples;
mod man_pages;
mod options;
mod page;
