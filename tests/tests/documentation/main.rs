//! The documentation is true: what it shows is done, what it lists is held against the programs.
//!
//! # Layout
//!
//! - `examples`: configurations and results of writing plugins and of modules
//! - `checks`: examples of the built-in checks, with the real things
//! - `rest_api`: requests and answers of the REST interface
//! - `openapi`: the same for programs; `routes`: those of the code
//! - `schema`: the JSON Schema of the configuration
//! - `options`: options and exit codes of the command lines, in pages and man pages
//! - `gate`: options and pipelines of the page of the gate
//! - `limits`: their values in the code, and the tests that show them
//! - `migrating`: the tests of what is the same as in the original
//! - `monitoring`: metrics, and the alerts and the dashboard that come along
//! - `man_pages`: their form
//! - `one_liners`: the commands for mail and apprise
//! - `web_host`: the example of the tutorial, on the machine of `checks`
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
mod monitoring;
mod one_liners;
mod openapi;
mod options;
mod page;
mod rest_api;
mod routes;
mod schema;
mod shown;
mod test_names;
mod web_host;
