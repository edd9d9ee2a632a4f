//! Bytes as text: by their byte order mark, else by the encoding that is named, else as UTF-8.

/// What Windows-1252 has at 0x80 to 0x9f; the rest is that of ISO-8859-1, which browsers take for it, too.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The text, without a byte order mark, and with replacement characters for what its encoding does not have.
pub(crate) fn decode(bytes: &[u8], encoding: Option<&str>) -> String {
    let name = encoding.unwrap_or_default().to_ascii_lowercase();
    match (bytes, name.as_str()) {
        ([0xff, 0xfe, rest @ ..], _) => utf_16(rest, u16::from_le_bytes),
        ([0xfe, 0xff, rest @ ..], _) => utf_16(rest, u16::from_be_bytes),
        ([0xef, 0xbb, 0xbf, rest @ ..], _) => String::from_utf8_lossy(rest).into_owned(),
        (_, "utf-16" | "utf-16le") => utf_16(bytes, u16::from_le_bytes),
        (_, "utf-16be") => utf_16(bytes, u16::from_be_bytes),
        // What is good UTF-8 is that, whatever a server says of all its pages.
        (_, "iso-8859-1" | "latin1" | "windows-1252" | "cp1252") if std::str::from_utf8(bytes).is_err() => {
            windows_1252(bytes)
        }
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// The text of UTF-16, whose order of bytes `unit` knows. An odd byte at the end is filled up with a zero.
#[must_use]
pub fn utf_16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let pairs = bytes.chunks(2).map(|pair| unit([pair[0], pair.get(1).copied().unwrap_or_default()]));
    String::from_utf16_lossy(&pairs.collect::<Vec<_>>())
}

/// The text of Windows-1252, and so of ISO-8859-1: each byte is a character.
#[must_use]
pub fn windows_1252(bytes: &[u8]) -> String {
    let character = |byte: &u8| match byte {
        0x80..=0x9f => WINDOWS_1252[usize::from(byte - 0x80)],
        _ => char::from(*byte),
    };
    bytes.iter().map(character).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_takes_precedence_and_then_the_name() {
        let units = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
        assert_eq!(decode(&units("\u{feff}é😀"), None), "é😀");
        assert_eq!(decode(&units("é"), Some("UTF-16LE")), "é");
        assert_eq!(decode(b"\xfe\xff\0a", Some("iso-8859-1")), "a");
        assert_eq!(decode(b"\xef\xbb\xbf{}", None), "{}");
        assert_eq!(decode(b"caf\xe9 \x80", Some("ISO-8859-1")), "café €");
        assert_eq!(decode("é".as_bytes(), Some("latin1")), "é");
        assert_eq!(decode(b"caf\xe9", None), "caf\u{fffd}");
    }
}
