//! JSON as Python's `json.dumps` writes it: on one line, all ASCII, `", "` between elements and `": "` behind names.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use crate::notation::python_text;

/// How a number with a fraction or exponent is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Floats {
    /// As Python's `repr` does: `1.5e-07`. The formats of the client do so.
    Python,
    /// As `serde_json` does: `1.5e-7`, the same number. The pages of the daemon do so.
    Shortest,
}

/// Writes a value as JSON.
///
/// # Errors
///
/// When the value cannot be JSON, such as a mapping whose names are no text.
pub fn to_text<T: Serialize + ?Sized>(value: &T, floats: Floats) -> serde_json::Result<String> {
    let mut text = Vec::with_capacity(128);
    value.serialize(&mut Serializer::with_formatter(&mut text, OneLine { floats }))?;
    String::from_utf8(text).map_err(serde::ser::Error::custom)
}

/// Writes a text with these characters as `\uXXXX`, those beyond U+FFFF as a pair of surrogates. What JSON itself
/// has to escape is the serializer's business.
///
/// # Errors
///
/// When `out` fails.
pub fn write_escaped<W: Write + ?Sized>(out: &mut W, text: &str, is_escaped: impl Fn(char) -> bool) -> io::Result<()> {
    let mut plain = 0;
    for (at, c) in text.char_indices().filter(|(_, c)| is_escaped(*c)) {
        out.write_all(&text.as_bytes()[plain..at])?;
        for unit in c.encode_utf16(&mut [0; 2]) {
            write!(out, "\\u{unit:04x}")?;
        }
        plain = at + c.len_utf8();
    }
    out.write_all(&text.as_bytes()[plain..])
}

struct OneLine {
    floats: Floats,
}

impl Formatter for OneLine {
    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { out.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { out.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    fn write_f64<W: ?Sized + Write>(&mut self, out: &mut W, value: f64) -> io::Result<()> {
        match self.floats {
            Floats::Python => out.write_all(python_text::float(value).as_bytes()),
            Floats::Shortest => serde_json::ser::CompactFormatter.write_f64(out, value),
        }
    }

    /// Numbers of [`serde_json::Value`] come as text.
    fn write_number_str<W: ?Sized + Write>(&mut self, out: &mut W, number: &str) -> io::Result<()> {
        match number.parse() {
            // What no float holds stays as it was read: Python's words for it are not JSON.
            Ok(float) if self.floats == Floats::Python && f64::is_finite(float) && number.contains(['.', 'e', 'E']) => {
                out.write_all(python_text::float(float).as_bytes())
            }
            _ => out.write_all(number.as_bytes()),
        }
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        write_escaped(out, fragment, |c| !c.is_ascii() || c == '\x7f')
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn text_is_ascii_and_spaced_as_python_spaces_it() {
        let value = json!({"čas": ["🐎☠\u{7f}", 1, "a\tb\u{1}\u{1f}\u{8}\u{c}\r\n\"\\/"], "none": null, "empty": [{}]});
        let expected = r#"{"\u010das": ["\ud83d\udc0e\u2620\u007f", 1, "a\tb\u0001\u001f\b\f\r\n\"\\/"], "none": null, "empty": [{}]}"#;
        for floats in [Floats::Python, Floats::Shortest] {
            assert_eq!(to_text(&value, floats).expect("JSON"), expected);
        }
    }

    #[test]
    fn the_spelling_of_floats_is_the_callers_choice() {
        let value = json!([2.0, 1e16, 1.5e-7, 1e300]);
        assert_eq!(to_text(&value, Floats::Python).expect("JSON"), "[2.0, 1e+16, 1.5e-07, 1e+300]");
        assert_eq!(to_text(&value, Floats::Shortest).expect("JSON"), "[2.0, 1e+16, 1.5e-7, 1e+300]");
    }
}
