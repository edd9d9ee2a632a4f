//! Why a plugin does not load.

use crate::problem::SourcePlace;

/// Why a plugin is left out, and where that is seen.
#[derive(Debug)]
pub(crate) struct PluginFault {
    pub(crate) reason: String,
    pub(crate) place: SourcePlace,
}

impl PluginFault {
    pub(crate) fn new(place: &SourcePlace, reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), place: place.clone() }
    }
}
