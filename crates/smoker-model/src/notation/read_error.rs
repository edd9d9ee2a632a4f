//! Why a text is not JSON, and where.

use std::fmt;

/// Why a text is not JSON, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError {
    /// The reason, in a few words.
    pub reason: String,
    /// The byte at which the text stops being JSON.
    pub offset: usize,
    /// Whether the text is JSON, but has more than `MAX_VALUES` values.
    pub is_too_large: bool,
}

/// Shows the reason alone: the place counts in the text that was read, of which a caller may show more.
impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl ReadError {
    /// Line and column, both from 1, of the place in `text`, to which `before` bytes do not belong that were read.
    #[must_use]
    pub fn place(&self, text: &str, before: usize) -> (usize, usize) {
        let above = &text[..text.floor_char_boundary(before + self.offset)];
        let line = above.matches('\n').count() + 1;
        let column = above.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        (line, column)
    }
}
