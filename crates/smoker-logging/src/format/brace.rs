//! Formats in the style of `{message:<20}`.

use crate::format::field::Field;
use crate::format::part::{Manner, Part};
use crate::format::spec::{Form, Spec};

/// Splits a format.
///
/// # Errors
///
/// What Python would not accept either, and the few things that only objects have.
pub(crate) fn parse(text: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '{' | '}' if chars.next_if_eq(&c).is_some() => literal.push(c),
            '}' => return Err("a '}' without its '{'; write '}}' for the sign itself".to_owned()),
            '{' => {
                parts.push(Part::Text(std::mem::take(&mut literal)));
                parts.push(hole(&inside(&mut chars)?)?);
            }
            c => literal.push(c),
        }
    }
    parts.push(Part::Text(literal));
    Ok(parts)
}

/// The text up to the closing brace.
fn inside(chars: &mut impl Iterator<Item = char>) -> Result<String, String> {
    let mut inside = String::new();
    for c in chars {
        if c == '}' {
            return Ok(inside);
        }
        inside.push(c);
    }
    Err("a '{' without its '}'; write '{{' for the sign itself".to_owned())
}

fn hole(inside: &str) -> Result<Part, String> {
    let (name, spec) = inside.split_once(':').unwrap_or((inside, ""));
    let (name, conversion) = name.split_once('!').map_or((name, None), |(name, conversion)| (name, Some(conversion)));
    let field = Field::named(name)?;
    let form = match conversion {
        None => Form::Value,
        Some("s") => Form::Str,
        Some("r" | "a") => Form::Repr,
        Some(other) => return Err(format!("'!{other}' in '{{{inside}}}' is no conversion")),
    };
    let spec = Spec::parse(spec, form).ok_or_else(|| format!("'{spec}' in '{{{inside}}}' is no format"))?;
    Ok(Part::Field(field, Manner::Brace(spec)))
}
