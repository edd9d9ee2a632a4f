//! Formats in the style of `%(message)s`.

use smoker_model::python_format::directive::{self, Piece};

use crate::format::field::Field;
use crate::format::part::{Manner, Part};

/// Splits a format.
///
/// # Errors
///
/// What Python would not accept either.
pub(crate) fn parse(format: &str) -> Result<Vec<Part>, String> {
    let pieces = directive::parse(format).map_err(|error| error.to_string())?;
    let part = |piece| match piece {
        Piece::Text(text) => Ok(Part::Text(text)),
        Piece::Hole(directive) => Ok(Part::Field(Field::named(&directive.name)?, Manner::Percent(directive))),
    };
    pieces.into_iter().map(part).collect()
}
