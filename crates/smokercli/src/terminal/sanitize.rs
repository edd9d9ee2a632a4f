//! Makes text from hosts harmless for a terminal.
//!
//! A message can hold anything, also escape sequences that retitle a window,
//! hide what follows or type a command. Control characters, and marks that
//! change the direction or take no room, are written as `\x1b` or `\u{202e}`.

use std::borrow::Cow;
use std::fmt::Write;

/// Text that may go on over several lines: line breaks and tabs stay.
#[must_use]
pub fn text(text: &str) -> Cow<'_, str> {
    escape(text, |c| c != '\n' && c != '\t' && is_harmful(c))
}

/// Text that belongs on one line, such as a name: line breaks and tabs are escaped as well.
#[must_use]
pub fn line(text: &str) -> Cow<'_, str> {
    escape(text, is_harmful)
}

/// Whether a terminal could act on this character instead of showing it.
#[must_use]
pub fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn escape(text: &str, harmful: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&harmful) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            c if !harmful(c) => out.push(c),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if u32::from(c) < 0x100 => {
                let _ = write!(out, "\\x{:02x}", u32::from(c));
            }
            c => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_become_visible() {
        assert_eq!(text("\x1b]0;pwned\x07 a\tb\nc\r\u{9b}2J"), "\\x1b]0;pwned\\x07 a\tb\nc\\r\\x9b2J");
        assert_eq!(line("a\tb\nc\u{202e}"), "a\\tb\\nc\\u{202e}");
    }

    #[test]
    fn ordinary_text_is_not_copied() {
        assert!(matches!(text("žluťoučký ☠ kůň"), Cow::Borrowed(_)));
    }
}
