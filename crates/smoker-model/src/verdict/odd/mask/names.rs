//! Names of hosts.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::verdict::odd::mask::words::is_word;

/// The names of the hosts of a fleet, in lower case.
#[derive(Clone, Debug, Default)]
pub(super) struct HostNames {
    names: HashSet<String>,
    /// The bytes of the longest name.
    longest: usize,
    /// The first characters of names as bits, those of ASCII: most words of a text are not looked up.
    beginnings: u128,
}

impl HostNames {
    pub(super) fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut all = Self::default();
        for name in names {
            let name = name.trim().trim_end_matches('.').to_lowercase();
            let without_domain = name.split('.').next().unwrap_or_default();
            for name in [without_domain, &name] {
                all.add(name);
            }
        }
        all
    }

    /// Numbers and addresses are masked as what they are.
    fn add(&mut self, name: &str) {
        if name.contains(char::is_alphabetic) && !name.contains(':') {
            self.longest = self.longest.max(name.len());
            self.beginnings |= name.bytes().next().filter(u8::is_ascii).map_or(0, |first| 1 << first);
            self.names.insert(name.to_owned());
        }
    }

    /// The end of the longest name that stands here, from the beginning of a word to the end of one.
    pub(super) fn end_of_name(&self, text: &str, at: usize) -> Option<usize> {
        let bytes = text.as_bytes();
        let first = bytes[at];
        if first.is_ascii() && (self.beginnings >> first.to_ascii_lowercase()) & 1 == 0 {
            return None;
        }
        let is_part = |byte: &u8| is_word(*byte) || matches!(byte, b'.' | b'-' | b'_');
        // The bytes of a letter in lower case may be fewer than those of the letter in upper case.
        let room = self.longest.saturating_mul(2);
        let length = bytes[at..].iter().take(room).take_while(|byte| is_part(byte)).count();
        let ends_here = |end: &usize| is_word(bytes[end - 1]) && bytes.get(*end).is_none_or(|byte| !is_word(*byte));
        (at + 1..=at + length).rev().filter(ends_here).find(|end| self.names.contains(&*lower(&text[at..*end])))
    }
}

fn lower(word: &str) -> Cow<'_, str> {
    let is_lower = word.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
    if is_lower { Cow::Borrowed(word) } else { Cow::Owned(word.to_lowercase()) }
}
