//! The checks, parsers and actions that come with Smoker, under the names
//! that the original gave them, without Python. Each is one file or folder
//! with `spec()`, what it declares, and `run()`.
//!
//! # Layout
//!
//! - `catalogue`: which built-ins exist, and what runs each of them
//! - `verify`: parameters of a configuration against what a built-in declares
//! - `checks`: modules that look at something
//! - `parsers`: a command's output becomes findings
//! - `actions`: modules that follow a result
//! - `otlp`: results and metrics as messages of the OpenTelemetry protocol
//! - `report`: the findings of a check, with its numbers
//! - `matchers`: whether a text, a number or JSON is what it should be
//! - `measure`: conditions on numbers
//! - `spec`: what a built-in declares about itself
//! - `parameters`: a built-in's parameters, read with messages that name the wrong one
//! - `components`: findings that consist of components
//! - `json_output`: JSON that a command printed
//! - `encoding`: bytes as text
//! - `os_error`: system errors in Python's words
//! - `plain_text`: JSON values in messages
//! - `unit`: percentages, times and sizes as text
//! - `python_pattern`: regular expressions as Python's `re.match` takes them

#![forbid(unsafe_code)]

pub mod actions;
pub mod catalogue;
pub mod encoding;
pub mod measure;
pub mod otlp;
pub mod spec;
pub mod unit;
pub mod verify;

mod checks;
mod components;
mod json_output;
mod matchers;
mod os_error;
mod parameters;
mod parsers;
mod plain_text;
mod python_pattern;
mod report;
#[cfg(test)]
mod test_request;
