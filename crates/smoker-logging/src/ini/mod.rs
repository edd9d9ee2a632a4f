//! The files of Python's `configparser`, as `logging.config.fileConfig` reads them.
//!
//! # Layout
//!
//! - `document`: sections and options with their lines
//! - `read`: a file's text becomes a document
//! - `interpolation`: `%(name)s` in values
//! - `literal`: values that are Python expressions, read and never evaluated
//! - `token`, `text`: their words

pub(crate) mod document;
mod interpolation;
pub(crate) mod literal;
pub(crate) mod read;
mod text;
mod token;
