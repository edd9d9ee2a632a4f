//! Masks what differs between texts that say the same: numbers, times, addresses, identifiers, temporary paths and the
//! names of hosts.
//!
//! The mask depends on the text and the names of the whole fleet only, never on the host that sent the text: equal texts
//! stay equal. It takes one pass over the text.
//!
//! # Layout
//!
//! - `names`: names of hosts
//! - `moments`: dates and times of day
//! - `quantities`: numbers, durations and sizes
//! - `tokens`: addresses and identifiers
//! - `paths`: names of temporary files
//! - `page`: the masked text as it is put together
//! - `words`: where words begin and end

mod moments;
mod names;
mod page;
mod paths;
mod quantities;
mod tokens;
mod words;

use crate::verdict::odd::mask::names::HostNames;
use crate::verdict::odd::mask::page::{Page, Placeholder};
use crate::verdict::odd::mask::words::{is_word, stands_apart};

/// Masks texts of a fleet.
#[derive(Clone, Debug, Default)]
pub struct Mask {
    names: HostNames,
}

impl Mask {
    /// A mask for the fleet of these hosts. A name with a domain is also known without it; ports belong to no name.
    #[must_use]
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self { names: HostNames::new(names) }
    }

    /// The text with a placeholder such as `<n>` or `<time>` in the place of everything that may differ between hosts that
    /// are alike. Blanks in a row become one, and lines that repeat the one before are left out.
    #[must_use]
    pub fn masked(&self, text: &str) -> String {
        let mut page = Page::new(text.len());
        let bytes = text.as_bytes();
        let mut at = 0;
        while let Some(byte) = bytes.get(at).copied() {
            let begins_word = at == 0 || !is_word(bytes[at - 1]);
            if let Some((placeholder, end)) = self.placeholder(text, at, byte, begins_word) {
                page.place(placeholder, begins_word);
                at = end;
            } else if byte.is_ascii_alphabetic() {
                let end = at + bytes[at..].iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
                let is_whole = begins_word && bytes.get(end).is_none_or(|byte| !is_word(*byte));
                page.word(&text[at..end], is_whole);
                at = end;
            } else {
                // Placeholders and words begin and end between characters.
                let Some(c) = text[at..].chars().next() else { break };
                if c.is_numeric() {
                    page.place(Placeholder::Number, begins_word);
                } else {
                    page.character(c);
                }
                at += c.len_utf8();
            }
        }
        page.finished()
    }

    /// The text with the names of hosts masked, and nothing else.
    #[must_use]
    pub fn without_names(&self, text: &str) -> String {
        self.without(text, |_, _| None)
    }

    /// The text with the names of hosts and addresses masked, and nothing else.
    #[must_use]
    pub fn without_hosts(&self, text: &str) -> String {
        self.without(text, |bytes, at| tokens::address(bytes, at).map(|end| (Placeholder::Address, end)))
    }

    /// The text with the names of hosts masked, and `more` where a word begins that is none.
    fn without(&self, text: &str, more: impl Fn(&[u8], usize) -> Option<(Placeholder, usize)>) -> String {
        let mut out = String::with_capacity(text.len());
        let bytes = text.as_bytes();
        let mut at = 0;
        while let Some(c) = text[at..].chars().next() {
            let begins_word = at == 0 || !is_word(bytes[at - 1]);
            let name = self.names.end_of_name(text, at).filter(|_| begins_word && is_word(bytes[at]));
            let found = name.map(|end| (Placeholder::Host, end));
            if let Some((placeholder, end)) = found.or_else(|| more(bytes, at).filter(|_| begins_word)) {
                out.push_str(placeholder.as_str());
                at = end;
            } else {
                out.push(c);
                at += c.len_utf8();
            }
        }
        out
    }

    fn placeholder(&self, text: &str, at: usize, byte: u8, begins_word: bool) -> Option<(Placeholder, usize)> {
        let bytes = text.as_bytes();
        if !begins_word {
            let end = byte.is_ascii_digit().then(|| quantities::number(bytes, at))?;
            return Some((Placeholder::Number, end));
        }
        let of = |placeholder: Placeholder| move |end: usize| (placeholder, end);
        match byte {
            b'/' => paths::temporary(bytes, at).map(of(Placeholder::Path)),
            b':' if !stands_apart(bytes, at) => None,
            b':' | b'[' => tokens::address(bytes, at).map(of(Placeholder::Address)),
            b'+' | b'-' if bytes.get(at + 1).is_some_and(u8::is_ascii_digit) && stands_apart(bytes, at) => {
                Some(quantities::quantity(bytes, at + 1))
            }
            byte if is_word(byte) => match self.names.end_of_name(text, at) {
                Some(end) => Some((Placeholder::Host, end)),
                None if byte.is_ascii_digit() => Some(digits(bytes, at)),
                None => letters(bytes, at),
            },
            _ => None,
        }
    }
}

/// What begins with a digit.
fn digits(bytes: &[u8], at: usize) -> (Placeholder, usize) {
    let number = |end: usize| (Placeholder::Number, end);
    tokens::uuid(bytes, at)
        .map(number)
        .or_else(|| tokens::address(bytes, at).map(|end| (Placeholder::Address, end)))
        .or_else(|| moments::moment(bytes, at).map(|end| (Placeholder::Time, end)))
        .or_else(|| quantities::duration(bytes, at).map(|end| (Placeholder::Time, end)))
        .or_else(|| tokens::identifier(bytes, at).map(number))
        .unwrap_or_else(|| quantities::quantity(bytes, at))
}

/// What begins with a letter, and is no plain word. The first letter tells what it can be.
fn letters(bytes: &[u8], at: usize) -> Option<(Placeholder, usize)> {
    let first = bytes[at];
    if first.is_ascii_hexdigit() {
        if let Some(end) = tokens::uuid(bytes, at) {
            return Some((Placeholder::Number, end));
        }
        if let Some(end) = tokens::address(bytes, at) {
            return Some((Placeholder::Address, end));
        }
    }
    if first.is_ascii_uppercase()
        && let Some(end) = moments::moment(bytes, at)
    {
        return Some((Placeholder::Time, end));
    }
    if let Some(end) = paths::temporary_name(bytes, at) {
        return Some((Placeholder::Path, end));
    }
    tokens::identifier(bytes, at).map(|end| (Placeholder::Number, end))
}

#[cfg(test)]
mod tests;
