//! Python's `%` formatting: `text % mapping`.
//!
//! # Layout
//!
//! - `directive`: splits a text at its formats
//! - `format`: writes one value
//! - `error`: [`FormatError`]

pub mod directive;
pub mod error;
pub mod format;

use crate::python_format::directive::{Piece, parse};
use crate::python_format::error::FormatError;
use crate::value::Value;

/// Fills the values into a text that no shell reads: nothing is quoted.
///
/// # Errors
///
/// A format that Python does not know or that has no name, a name that
/// `lookup` does not know, or a value that the format cannot write.
pub fn fill(text: &str, lookup: &dyn Fn(&str) -> Option<Value>) -> Result<String, FormatError> {
    let mut filled = String::with_capacity(text.len());
    for piece in parse(text)? {
        match piece {
            Piece::Text(text) => filled.push_str(&text),
            Piece::Hole(directive) => {
                let Some(value) = lookup(&directive.name) else {
                    return Err(FormatError::Missing { name: directive.name, spot: directive.spot });
                };
                filled.push_str(&format::format(&directive, &value)?);
            }
        }
    }
    Ok(filled)
}
