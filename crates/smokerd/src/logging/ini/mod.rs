//! The files of Python's `configparser`, as `logging.config.fileConfig` reads them.
//!
//! # Layout
//!
//! - `document`: sections and options with their lines
//! - `read`: a file's text becomes a document
//! - `interpolation`: `%(name)s` in values
//! - `literal`: values that are Python expressions, read and never evaluated
//! - `token`, `text`: their words

pub(super) mod document;
mod interpolation;
pub(super) mod literal;
pub(super) mod read;
mod text;
mod token;
