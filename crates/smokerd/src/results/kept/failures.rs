//! The numbers of bad results.

use std::collections::VecDeque;

use crate::results::kept::history::Sequence;

/// The numbers of the newest bad results of a plugin, up to a limit, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Failures {
    limit: usize,
    sequences: VecDeque<Sequence>,
}

impl Failures {
    /// Keeps up to `limit` numbers.
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, sequences: VecDeque::new() }
    }

    /// Adds the newest one.
    pub(crate) fn push(&mut self, sequence: Sequence) {
        self.sequences.push_back(sequence);
        self.set_limit(self.limit);
    }

    /// All of them, oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Sequence> {
        self.sequences.iter().copied()
    }

    /// Whether it has dropped some that it would have with a larger limit.
    pub(crate) fn is_full_below(&self, limit: usize) -> bool {
        self.limit < limit && self.sequences.len() >= self.limit
    }

    /// Adds numbers that are older than all that it has.
    pub(crate) fn add_older(&mut self, older: &Self) {
        let oldest = self.sequences.front().copied().unwrap_or(Sequence::MAX);
        for sequence in older.sequences.iter().rev().filter(|sequence| **sequence < oldest) {
            self.sequences.push_front(*sequence);
        }
    }

    pub(crate) fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
        let excess = self.sequences.len().saturating_sub(limit);
        self.sequences.drain(..excess);
    }
}
