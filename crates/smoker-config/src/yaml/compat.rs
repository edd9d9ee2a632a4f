//! Compatibility: repairs what YAML 1.1 allowed and YAML 1.2 refuses, so that old files load.
//!
//! PyYAML took `Command: "one` with `two"` at the very start of the next line, the
//! lines of a `[` list at any column, `'x'#comment` without a space, and a lone `-`
//! in a `[` list. The parser, which follows YAML 1.2, refuses these. White space
//! has no meaning in any of these places, so a little of it (or quotes around
//! the `-`) is inserted where the parser reports an error and the text is read again;
//! columns are reported as they were. Halves of UTF-16 pairs (`"\ud83d\ude00"`, as JSON has them) are joined; a half that
//! stands alone, of which no program could be given anything, becomes U+FFFD.

use std::collections::HashMap;
use std::fmt::Write;
use std::ops::RangeInclusive;

use saphyr_parser::ScanError;

use crate::limits::{MAX_COMPAT_BYTES, MAX_COMPAT_REPAIRS};

/// How far a line inside of brackets is moved at a time.
const STEP: usize = 32;

/// A line that has been moved this far is indented enough for any nesting
/// that people write; what the parser still refuses is another error.
const FARTHEST: usize = 256;

/// A file's text with what was inserted for the parser.
pub(crate) struct CompatText {
    text: String,
    insertions: HashMap<usize, Vec<Insertion>>,
    count: usize,
}

/// Something inserted into a line, in the columns of the line as it was then.
struct Insertion {
    column: usize,
    length: usize,
}

impl CompatText {
    pub(crate) fn new(text: &str) -> Self {
        Self { text: text.to_owned(), insertions: HashMap::new(), count: 0 }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// The column, from 0, that a column of the repaired text had in the file.
    pub(crate) fn column(&self, line: usize, column: usize) -> usize {
        let insertions = self.insertions.get(&line).map_or(&[][..], Vec::as_slice);
        insertions.iter().rev().fold(column, |column, insertion| {
            if column > insertion.column {
                column.saturating_sub(insertion.length).max(insertion.column)
            } else {
                column
            }
        })
    }

    /// Repairs what an error is about. False when it is about something else, or when a repair no longer helps.
    pub(crate) fn repair(&mut self, error: &ScanError) -> bool {
        self.count += 1;
        if self.count > MAX_COMPAT_REPAIRS || self.count * self.text.len() > MAX_COMPAT_BYTES {
            return false;
        }
        let (line, column, index) = (error.marker().line(), error.marker().col(), error.marker().index());
        match error.info() {
            "invalid indentation" | "invalid indentation in flow construct" => {
                self.moved(line) < FARTHEST && self.move_lines(line..=line, STEP)
            }
            "invalid indentation in quoted scalar" => match self.line_ends_in_quote(index) {
                Some(lines) if lines > 0 && self.moved(line + 1) == 0 => {
                    self.move_lines(line + 1..=line + lines, column + 1)
                }
                _ => false,
            },
            "comments must be separated from other tokens by whitespace" => self.insert(line, column, index, " "),
            info if info.starts_with("plain scalar cannot start with '-'") => {
                self.insert(line, column + 1, index + 1, "'") && self.insert(line, column, index, "'")
            }
            "while parsing a quoted scalar, found invalid Unicode character escape code" => self.join_surrogates(index),
            _ => false,
        }
    }

    /// Replaces the escapes of surrogates in the quoted text that starts at the character `start`.
    fn join_surrogates(&mut self, start: usize) -> bool {
        let Some((begin, _)) = self.text.char_indices().nth(start) else { return false };
        let quoted = &self.text[begin..];
        let Some(length) = quoted_length(quoted) else { return false };
        let joined = joined(&quoted[..length]);
        if joined == quoted[..length] {
            return false;
        }
        self.text.replace_range(begin..begin + length, &joined);
        true
    }

    fn moved(&self, line: usize) -> usize {
        let insertions = self.insertions.get(&line).map_or(&[][..], Vec::as_slice);
        insertions.iter().filter(|insertion| insertion.column == 0).map(|insertion| insertion.length).sum()
    }

    fn move_lines(&mut self, lines: RangeInclusive<usize>, by: usize) -> bool {
        let mut moved = String::with_capacity(self.text.len() + by);
        for (index, line) in self.text.split_inclusive('\n').enumerate() {
            if lines.contains(&(index + 1)) {
                moved.push_str(&" ".repeat(by));
                self.insertions.entry(index + 1).or_default().push(Insertion { column: 0, length: by });
            }
            moved.push_str(line);
        }
        self.text = moved;
        true
    }

    fn insert(&mut self, line: usize, column: usize, index: usize, what: &str) -> bool {
        let at = self.text.char_indices().nth(index).map_or(self.text.len(), |(at, _)| at);
        self.text.insert_str(at, what);
        self.insertions.entry(line).or_default().push(Insertion { column, length: what.len() });
        true
    }

    /// How many line ends a quoted text has that starts at the character `start`; `None` when it never ends.
    fn line_ends_in_quote(&self, start: usize) -> Option<usize> {
        let mut chars = self.text.chars().skip(start).peekable();
        let quote = chars.next()?;
        let mut lines = 0;
        while let Some(c) = chars.next() {
            match c {
                '\n' => lines += 1,
                '\\' if quote == '"' => lines += usize::from(chars.next() == Some('\n')),
                '\'' if quote == '\'' && chars.peek() == Some(&'\'') => {
                    chars.next();
                }
                c if c == quote => return Some(lines),
                _ => {}
            }
        }
        None
    }
}

/// How many bytes a text in double quotes has, which begins here; `None` when it never ends.
fn quoted_length(text: &str) -> Option<usize> {
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some(at + 1),
            '\\' => drop(chars.next()),
            _ => {}
        }
    }
    None
}

/// A text with the escapes of surrogates joined or replaced.
fn joined(text: &str) -> String {
    const ESCAPE: usize = r"\ud800".len();
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = match (surrogate(rest), surrogate(rest.get(ESCAPE..).unwrap_or_default())) {
            (Some(high @ 0xd800..0xdc00), Some(low @ 0xdc00..0xe000)) => {
                let code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                // Writing to a text does not fail.
                let _ = write!(out, "\\U{code:08X}");
                2 * ESCAPE
            }
            (Some(_), _) => {
                out.push_str(r"\uFFFD");
                ESCAPE
            }
            (None, _) => {
                let length = 1 + rest.chars().nth(1).map_or(0, char::len_utf8);
                out.push_str(&rest[..length]);
                length
            }
        };
        rest = &rest[length..];
    }
    out + rest
}

/// The surrogate whose escape the text begins with.
fn surrogate(text: &str) -> Option<u32> {
    let code = u32::from_str_radix(text.strip_prefix(r"\u")?.get(..4)?, 16).ok()?;
    (0xd800..0xe000).contains(&code).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surrogates_are_joined_and_single_ones_replaced() {
        for (text, expected) in [
            (r#""a \ud83d\ude00 b""#, r#""a \U0001F600 b""#),
            (r#""\ude00\ud83d""#, r#""\uFFFD\uFFFD""#),
            (r#""\udce9é\u00e9""#, r#""\uFFFDé\u00e9""#),
            (r#""\\ud83d""#, r#""\\ud83d""#),
            (r#""\ud83""#, r#""\ud83""#),
        ] {
            assert_eq!((joined(text), quoted_length(text)), (expected.to_owned(), Some(text.len())));
        }
        assert_eq!(quoted_length(r#""a\""#), None);
    }
}
