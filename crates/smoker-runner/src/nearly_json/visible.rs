//! What a reader sees of an output: no terminal codes, no characters that take no room.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

use crate::terminal_codes::PATTERN;

/// Terminal codes, and characters that show nothing. NUL and U+FFFD stand between the letters of a text in UTF-16.
static UNSEEN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let characters = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\u{9f}\u{ad}\u{200b}-\u{200f}\u{202a}-\u{202e}\u{2060}-\u{206f}\u{feff}\u{fff9}-\u{fffd}]";
    Regex::new(&format!("{PATTERN}|{characters}")).ok()
});

/// The visible part of a text.
pub(super) struct Visible<'a> {
    pub(super) text: Cow<'a, str>,
    /// Where something was left out of `text`, with the number of all bytes that were left out up to there.
    gaps: Vec<(usize, usize)>,
}

impl<'a> Visible<'a> {
    pub(super) fn of(printed: &'a str) -> Self {
        let mut seen = String::new();
        let mut gaps = Vec::new();
        let mut from = 0;
        for unseen in UNSEEN.iter().flat_map(|unseen| unseen.find_iter(printed)) {
            seen.push_str(&printed[from..unseen.start()]);
            from = unseen.end();
            gaps.push((seen.len(), from - seen.len()));
        }
        if gaps.is_empty() {
            return Self { text: Cow::Borrowed(printed), gaps };
        }
        seen.push_str(&printed[from..]);
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
    UNSEEN.as_ref()?.find(text)?.as_str().chars().next()
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
