//! Random choices.

use fastrand::Rng;

/// A source of random choices, the same ones for the same seed.
#[derive(Debug)]
pub(crate) struct Random(Rng);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Rng::with_seed(seed))
    }

    /// A number below `limit`, which is not zero.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0.usize(..limit)
    }

    /// True in one of `rarity` cases.
    pub(crate) fn one_in(&mut self, rarity: usize) -> bool {
        self.below(rarity) == 0
    }

    pub(crate) fn byte(&mut self) -> u8 {
        self.0.u8(..)
    }

    pub(crate) fn pick<'a, T: ?Sized>(&mut self, items: &[&'a T]) -> &'a T {
        items[self.below(items.len())]
    }

    /// A small number: mostly next to nothing, rarely up to `most`.
    pub(crate) fn few(&mut self, most: usize) -> usize {
        let bound = if self.one_in(8) { most } else { most.min(4) };
        self.below(bound + 1)
    }

    /// Texts from these, one after the other.
    pub(crate) fn texts(&mut self, items: &[&str], most: usize) -> String {
        (0..self.few(most)).map(|_| self.pick(items)).collect()
    }

    /// What `make` returns, several times, with something in between.
    pub(crate) fn joined(&mut self, most: usize, between: &str, mut make: impl FnMut(&mut Self) -> String) -> String {
        let texts: Vec<_> = (0..self.few(most)).map(|_| make(self)).collect();
        texts.join(between)
    }

    /// A text of characters that are seldom foreseen.
    pub(crate) fn word(&mut self) -> String {
        self.texts(&WORDS, 6)
    }

    /// A number as text, often one at the edge of something.
    pub(crate) fn number(&mut self) -> String {
        match self.below(4) {
            0 => self.below(20).to_string(),
            1 => (self.0.i64(..)).to_string(),
            _ => self.pick(&NUMBERS).to_owned(),
        }
    }
}

const WORDS: [&str; 46] = [
    "a",
    "b",
    "name",
    "Ok",
    "x",
    " ",
    " ",
    "  ",
    "\t",
    "\n",
    "\r",
    "\r\n",
    "\0",
    "\u{1b}[2J",
    "\u{7f}",
    "\u{9b}",
    "\u{a0}",
    "\u{feff}",
    "\u{202e}",
    "\u{2028}",
    "\u{fffd}",
    "é",
    "ž",
    "日",
    "😀",
    "\u{301}",
    "'",
    "\"",
    "\\",
    "/",
    "..",
    "%",
    "$",
    "&",
    "<",
    ">",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    ":",
    ";",
    ",",
    "|",
];

const NUMBERS: [&str; 34] = [
    "0",
    "-0",
    "1",
    "-1",
    "+1",
    "00",
    "007",
    "0x1f",
    "0b1",
    "0o7",
    "1_000",
    "1:30",
    "127",
    "128",
    "255",
    "256",
    "32767",
    "65535",
    "65536",
    "2147483647",
    "-2147483648",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "340282366920938463463374607431768211456",
    "1e3",
    "1.5",
    ".5",
    "1e400",
    "-1e-400",
    "NaN",
];
