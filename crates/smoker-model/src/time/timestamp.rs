//! Local time without a zone, as the original writes it.

use std::fmt;

use chrono::{DateTime, Datelike, NaiveDateTime, Utc};
use serde::{Serialize, Serializer};

use crate::time::local_zone::LocalZone;

/// A moment in local time, written `YYYY-MM-DDTHH:MM:SS.ffffff`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(NaiveDateTime);

impl Timestamp {
    /// The present time of the wall clock.
    #[must_use]
    pub fn now() -> Self {
        Self(LocalZone::now().naive_local())
    }

    /// Reads a moment as it is written here; the fraction may be missing or have other digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok().map(Self).filter(Self::has_form)
    }

    /// Whether it is written with a year of four digits, as every reader of such a text expects.
    #[must_use]
    pub fn has_form(&self) -> bool {
        (0..10_000).contains(&self.0.year())
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(moment: DateTime<Utc>) -> Self {
        Self(moment.with_timezone(&LocalZone).naive_local())
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
