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

/// Text that may go on over several lines, of which all but the first are
/// indented: a line of a message must not read as a line of the report.
#[must_use]
pub fn indented<'a>(message: &'a str, indent: &str) -> Cow<'a, str> {
    let shown = text(message);
    if shown.contains('\n') { Cow::Owned(shown.replace('\n', &format!("\n{indent}"))) } else { shown }
}

/// As [`indented`], but further lines that are bare words stay where the
/// original puts them, at the margin: every line of its formats has a bracket or a colon.
#[must_use]
pub fn indented_unless_bare<'a>(message: &'a str, indent: &str) -> Cow<'a, str> {
    let is_bare = |line: &str| line.chars().all(|c| c.is_alphanumeric() || c == ' ');
    if message.split('\n').skip(1).all(is_bare) { text(message) } else { indented(message, indent) }
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
        || matches!(c,
            '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
                | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
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
    fn every_further_line_is_indented() {
        assert_eq!(indented("a\n- b\r\n\nc\u{2028}d", "  "), "a\n  - b\\r\n  \n  c\\u{2028}d");
    }

    #[test]
    fn bare_words_stay_at_the_margin_and_anything_else_is_indented() {
        assert_eq!(indented_unless_bare("first\nsecond line\n  third", "    "), "first\nsecond line\n  third");
        for line in ["web02 [OK]", "- Disk", "...", "Next run: x"] {
            assert_eq!(indented_unless_bare(&format!("a\nb\n{line}"), "  "), format!("a\n  b\n  {line}"));
        }
    }

    #[test]
    fn ordinary_text_is_not_copied() {
        assert!(matches!(text("žluťoučký ☠ kůň"), Cow::Borrowed(_)));
    }
}
