//! Inputs of several parts, such as a template and the values for it.

use std::borrow::Cow;

/// Stands between two parts: ASCII's record separator.
pub(crate) const SEPARATOR: u8 = 0x1e;

/// The parts of an input. What is not there is empty.
#[derive(Debug)]
pub(crate) struct Fields<'a>(Vec<&'a [u8]>);

impl<'a> Fields<'a> {
    pub(crate) fn of(input: &'a [u8]) -> Self {
        Self(input.split(|byte| *byte == SEPARATOR).collect())
    }

    pub(crate) fn bytes(&self, at: usize) -> &'a [u8] {
        self.0.get(at).copied().unwrap_or_default()
    }

    /// A part as text, with replacement characters for what is none.
    pub(crate) fn text(&self, at: usize) -> Cow<'a, str> {
        String::from_utf8_lossy(self.bytes(at))
    }

    /// All parts from this one on.
    pub(crate) fn rest(&self, at: usize) -> &[&'a [u8]] {
        self.0.get(at..).unwrap_or_default()
    }
}

/// An input of these parts.
pub(crate) fn joined(parts: &[&str]) -> Vec<u8> {
    parts.iter().map(|part| part.as_bytes()).collect::<Vec<_>>().join(&SEPARATOR)
}
