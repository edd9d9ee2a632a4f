//! Local time without a zone, as the original writes it.

use std::fmt;

use chrono::{DateTime, Local, NaiveDateTime};
use serde::{Serialize, Serializer};

/// A moment in local time, written `YYYY-MM-DDTHH:MM:SS.ffffff`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(NaiveDateTime);

impl Timestamp {
    /// The present time of the wall clock.
    #[must_use]
    pub fn now() -> Self {
        Self(Local::now().naive_local())
    }
}

impl From<DateTime<Local>> for Timestamp {
    fn from(moment: DateTime<Local>) -> Self {
        Self(moment.naive_local())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m-%dT%H:%M:%S%.6f"))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
