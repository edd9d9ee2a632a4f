//! Formats in the style of `$message` and `${message}`.

use crate::format::field::Field;
use crate::format::part::{Manner, Part};

/// Splits a format.
///
/// # Errors
///
/// What Python would not accept either.
pub(crate) fn parse(format: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut rest = format;
    while let Some((text, after)) = rest.split_once('$') {
        parts.push(Part::Text(text.to_owned()));
        if let Some(after) = after.strip_prefix('$') {
            parts.push(Part::Text("$".to_owned()));
            rest = after;
            continue;
        }
        let is_in_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let (name, after) = match after.strip_prefix('{') {
            Some(inside) => inside.split_once('}').ok_or("a '${' without its '}'")?,
            None => after.split_at(after.find(|c| !is_in_name(c)).unwrap_or(after.len())),
        };
        if name.is_empty() {
            return Err("a '$' without a name; write '$$' for the sign itself".to_owned());
        }
        parts.push(Part::Field(Field::named(name)?, Manner::Plain));
        rest = after;
    }
    parts.push(Part::Text(rest.to_owned()));
    Ok(parts)
}
