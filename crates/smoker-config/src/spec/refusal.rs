//! Why a plugin does not load.

use crate::problem::Place;

/// Why a plugin is left out, and where that is seen.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) reason: String,
    pub(crate) place: Place,
}

impl Refusal {
    pub(crate) fn new(place: &Place, reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), place: place.clone() }
    }
}
