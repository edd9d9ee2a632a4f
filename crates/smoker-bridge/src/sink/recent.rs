//! Which results were taken lately: the server gives again what was not acknowledged, also behind newer ones.
//!
//! A number alone is not enough: a stream that was made again, or that has lost its end with a leader, gives the same numbers to other results.

use std::collections::VecDeque;

use serde::Deserialize;

/// How many results are taken and not acknowledged at most.
pub(super) const MAX_PENDING: usize = 100;

/// What a result is known by: no other result has both.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub(super) struct Place {
    /// Its number in the stream.
    pub(super) sequence: u64,
    /// When the stream has stored it.
    #[serde(default)]
    pub(super) stored: String,
}

/// The places of the newest results, twice as many as can come again.
#[derive(Debug, Default)]
pub(super) struct Recent(VecDeque<Place>);

impl Recent {
    /// Whether this result was taken.
    pub(super) fn has(&self, place: &Place) -> bool {
        self.0.contains(place)
    }

    /// It was taken.
    pub(super) fn add(&mut self, place: Place) {
        if self.0.len() == 2 * MAX_PENDING {
            self.0.pop_front();
        }
        self.0.push_back(place);
    }
}
