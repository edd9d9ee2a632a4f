//! The documentation is true: what it shows is done, what it lists is held against the programs.
//!
//! # Layout
//!
//! - `examples`: configurations and results of writing plugins and of modules
//! - `checks`: examples of the built-in checks, with the real things
//! - `rest_api`: requests and answers of the REST interface
//! - `options`: options and exit codes of the command lines, in pages and man pages
//! - `gate`: options and pipelines of the page of the gate
//! - `limits`: their values in the code, and the tests that show them
//! - `migrating`: the tests of what is the same as in the original
//! - `man_pages`: their form
//! - `completions`: what shells complete
//!
//! - `page`: the pages; `example`: a configuration in one; `shown`: JSON in one; `test_names`: the names of all tests

mod checks;
mod completions;
mod example;
mod examples;
mod gate;
mod limits;
mod man_pages;
mod migrating;
mod one_liners;
mod options;
mod page;
mod rest_api;
mod shown;
mod test_names;
