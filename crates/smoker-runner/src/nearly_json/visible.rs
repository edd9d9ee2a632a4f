//! What a reader sees of an output: no terminal codes, no characters that take no room.

use std::borrow::Cow;

use crate::terminal_codes;

/// Whether a character shows nothing, or stands between the letters of a text in UTF-16, as NUL and U+FFFD do.
fn is_unseen(c: char) -> bool {
    let is_control = c.is_control() && !matches!(c, '\t' | '\n' | '\r');
    is_control
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{feff}' | '\u{fff9}'..='\u{fffd}')
}

/// The visible part of a text.
pub(super) struct Visible<'a> {
    pub(super) text: Cow<'a, str>,
    /// Where something was left out of `text`, with the number of all bytes that were left out up to there.
    gaps: Vec<(usize, usize)>,
}

impl<'a> Visible<'a> {
    pub(super) fn of(printed: &'a str) -> Self {
        if !printed.chars().any(is_unseen) {
            return Self { text: Cow::Borrowed(printed), gaps: Vec::new() };
        }
        let mut seen = String::with_capacity(printed.len());
        let mut gaps = Vec::new();
        let mut rest = printed;
        while let Some(at) = rest.find(is_unseen) {
            let unseen = &rest[at..];
            let length = terminal_codes::length(unseen).or_else(|| unseen.chars().next().map(char::len_utf8));
            seen.push_str(&rest[..at]);
            rest = &unseen[length.unwrap_or(unseen.len())..];
            gaps.push((seen.len(), printed.len() - rest.len() - seen.len()));
        }
        seen.push_str(rest);
        Self { text: Cow::Owned(seen), gaps }
    }

    /// The place in the printed text of a byte of the visible one.
    pub(super) fn printed_at(&self, at: usize) -> usize {
        let gaps = self.gaps.partition_point(|(gap, _)| *gap <= at);
        at + gaps.checked_sub(1).map_or(0, |last| self.gaps[last].1)
    }
}

/// The first character of a text that shows nothing; of a terminal code it is the escape character.
pub(super) fn first_unseen(text: &str) -> Option<char> {
    text.chars().find(|c| is_unseen(*c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_codes_and_invisible_characters_are_left_out() {
        let cases = [
            ("a{b", "a{b"),
            ("\x1b[1;39m{\x1b[0m \x1b]0;title\x07x\x1b(B\x1bc", "{ x"),
            ("\u{feff}\u{200b}a\0b\u{fffd}\x07\x1b", "ab"),
            ("é\t\r\n\u{a0}", "é\t\r\n\u{a0}"),
        ];
        for (printed, seen) in cases {
            assert_eq!(Visible::of(printed).text, seen, "{printed:?}");
        }
    }

    #[test]
    fn a_place_is_found_again_in_what_was_printed() {
        let printed = "\u{feff}ab\x1b[0mc\0\0d";
        let seen = Visible::of(printed);
        for (at, letter) in [(0, 'a'), (1, 'b'), (2, 'c'), (3, 'd')] {
            assert_eq!(printed[seen.printed_at(at)..].chars().next(), Some(letter));
        }
        assert_eq!(seen.printed_at(4), printed.len());
        assert_eq!((first_unseen(printed), first_unseen("ab")), (Some('\u{feff}'), None));
    }
}
