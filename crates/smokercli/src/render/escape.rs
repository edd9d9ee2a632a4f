//! Text inside XML.

use crate::terminal::sanitize;

/// Escapes the five characters that mean something to XML. Control characters,
/// most of which no XML may hold, are made visible; line breaks stay as they are.
pub(crate) fn xml(text: &str) -> String {
    let text = sanitize::text(text);
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#x27;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// As [`xml`], for an attribute in which a reader must find the line breaks
/// again: it would turn raw ones into spaces.
pub(crate) fn attribute(text: &str) -> String {
    xml(text).replace('\n', "&#10;").replace('\t', "&#9;")
}
