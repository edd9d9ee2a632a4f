//! What a schedule waits for, and what is to be done then.

use std::time::Instant;

use chrono::{DateTime, Utc};
use smoker_model::time::moment::Moment;

/// What to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// An instant of the monotonic clock.
    Instant(Instant),
    /// That the wall clock shows a time.
    Wall(DateTime<Utc>),
    /// Nothing ever comes.
    Never,
}

/// What is to be done when the time has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    /// The planned moment.
    pub(crate) planned: Moment,
    /// Whether a run is to take place.
    pub(crate) is_due: bool,
    /// How many planned runs went by, the one of that moment too when it is not to take place.
    pub(crate) missed: u64,
}
