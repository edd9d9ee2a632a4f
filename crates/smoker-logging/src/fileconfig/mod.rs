//! A logging configuration becomes a plan, as Python's `logging.config.fileConfig` reads it.
//!
//! # Layout
//!
//! - `load`: the file, or why it cannot be one
//! - `loggers`, `handlers`, `formatters`: the three kinds of sections
//! - `class`: the handlers of Python and their arguments
//! - `arguments`: `args` and `kwargs` of a handler
//! - `list`: lists of names, and the sections that they name
//! - `option`: single options
//! - `spelling`: options that are probably misspelt
//! - `problems`: what cannot be honoured, by line

mod arguments;
mod class;
mod formatters;
mod handlers;
mod list;
pub mod load;
mod loggers;
mod option;
pub mod problems;
mod spelling;
