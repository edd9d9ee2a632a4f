//! Where words begin and end.

/// Whether the byte belongs to a word. Those of characters beyond ASCII do, since letters are most of them.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}

/// Whether a word cannot go on here.
pub(super) fn ends_word(bytes: &[u8], at: usize) -> bool {
    bytes.get(at).is_none_or(|byte| !is_word(*byte))
}

/// Whether a sign or colon here belongs to what is behind it: `-5` is a number, and `10-5` a range.
pub(super) fn stands_apart(bytes: &[u8], at: usize) -> bool {
    at == 0 || matches!(bytes[at - 1], b' ' | b'\t' | b'\n' | b'(' | b'[' | b'=' | b':' | b',' | b'"' | b'\'')
}
