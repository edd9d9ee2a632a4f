//! The encoding that an output declares: UTF-16 by its byte order mark or by NUL bytes between its first letters, or
//! ISO-8859-1 and Windows-1252 by the declaration of XML. All else is UTF-8.

use std::borrow::Cow;

use smoker_checks::encoding::{utf_16, windows_1252};

/// The text of an output, with replacement characters for what its encoding does not have.
pub(crate) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    // Without a mark the first characters, which are of ASCII in a report, show the order of the bytes.
    match bytes {
        [0xff, 0xfe, ..] | [b'<', 0, ..] | [1..=255, 0, 1..=255, 0, ..] => utf_16(bytes, u16::from_le_bytes).into(),
        [0xfe, 0xff, ..] | [0, b'<', ..] | [0, 1..=255, 0, 1..=255, ..] => utf_16(bytes, u16::from_be_bytes).into(),
        // What is good UTF-8 was converted, and its declaration was not.
        _ if std::str::from_utf8(bytes).is_err() && declares_single_bytes(bytes) => windows_1252(bytes).into(),
        _ => String::from_utf8_lossy(bytes),
    }
}

/// Whether the first declaration of XML names an encoding of one byte a character.
fn declares_single_bytes(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let declaration = text.split_once("<?xml").and_then(|(_, behind)| behind.split_once("?>"));
    let value = declaration.and_then(|(attributes, _)| attributes.split_once("encoding")).map(|(_, value)| value);
    let name = value.unwrap_or_default().trim_matches(|c: char| c.is_whitespace() || "='\"".contains(c));
    let name = name.split(['\'', '"']).next().unwrap_or_default().to_lowercase();
    ["iso-8859-1", "iso8859-1", "latin1", "latin-1", "windows-1252", "cp1252"].contains(&name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_is_read_in_the_encoding_that_it_declares() {
        let latin = b"banner\n<?xml version='1.0' encoding='ISO-8859-1' standalone='yes'?><a b='caf\xe9 \x80'/>";
        assert!(decode(latin).ends_with("<a b='café €'/>"));
        assert!(decode("<?xml encoding=\"latin1\"?>é".as_bytes()).ends_with('é'));
        assert_eq!(decode(b"caf\xe9"), "caf\u{fffd}");
        for (mark, is_little) in [("\u{feff}", true), ("\u{feff}", false), ("", true), ("", false)] {
            let text = format!("{mark}<a>é😀</a>");
            let bytes = |unit: u16| if is_little { unit.to_le_bytes() } else { unit.to_be_bytes() };
            let encoded: Vec<u8> = text.encode_utf16().flat_map(bytes).collect();
            assert_eq!(decode(&encoded), text);
        }
        assert_eq!((decode(b"o\0k\0 \x001\0"), decode(b"\0o\0k")), ("ok 1".into(), "ok".into()));
        assert_eq!(decode(b"one\0two\0"), "one\0two\0");
    }
}
