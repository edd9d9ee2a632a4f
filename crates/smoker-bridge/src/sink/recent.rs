//! Which results were taken lately: the server gives again what was not acknowledged, also behind newer ones.

use std::collections::VecDeque;

/// How many results are taken and not acknowledged at most.
pub(super) const MAX_PENDING: usize = 100;

/// The numbers of the newest results, twice as many as can come again.
#[derive(Debug, Default)]
pub(super) struct Recent(VecDeque<u64>);

impl Recent {
    /// Whether this result was taken.
    pub(super) fn has(&self, sequence: u64) -> bool {
        self.0.contains(&sequence)
    }

    /// It was taken.
    pub(super) fn add(&mut self, sequence: u64) {
        if self.0.len() == 2 * MAX_PENDING {
            self.0.pop_front();
        }
        self.0.push_back(sequence);
    }
}
