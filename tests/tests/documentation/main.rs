//! The documentation is true: what it shows is done, what it lists is held against the programs.
//!
//! # Layout
//!
//! - `examples`: configurations and results of writing plugins and of modules
//! - `rest_api`: requests and answers of the REST interface
//! - `options`: options and exit codes of the command lines, in pages and man pages
//! - `limits`: their values in the code, and the tests that show them
//! - `man_pages`: their form
//! - `completions`: what shells complete
//!
//! - `page`: the pages; `example`: a configuration in one; `shown`: JSON in one

mod completions;
mod example;
mod examples;
mod limits;
mod man_pages;
mod options;
mod page;
mod rest_api;
mod shown;
