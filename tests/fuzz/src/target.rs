//! What a target is.

use std::time::Duration;

use crate::inputs::random::Random;

/// A reader of what others wrote, with inputs for it.
#[derive(Clone, Copy)]
pub struct Target {
    /// The name on the command line and of the folder in `corpus`.
    pub name: &'static str,
    /// What it reads.
    pub about: &'static str,
    /// Reads one input and panics when something does not hold. Returns a word
    /// for what came of it: inputs with a new one are worth keeping.
    pub check: fn(&[u8]) -> String,
    /// Makes an input that looks like a real one.
    pub(crate) make: fn(&mut Random) -> Vec<u8>,
    /// Words that mean something to the reader.
    pub(crate) words: &'static [&'static str],
    /// The processor time that an input may take.
    pub(crate) time: Duration,
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}
