//! How the process of a run ended.

use std::fmt;

use serde::ser::SerializeMap;

/// How the process of a run ended: its command, or the process of its module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunEnd {
    /// By itself, with this exit status.
    Exited(i32),
    /// By the signal of this number.
    Signalled(i32),
}

impl RunEnd {
    /// Writes the member of a result that says so: `exitStatus` or `signal`.
    pub(crate) fn write<M: SerializeMap>(self, result: &mut M) -> Result<(), M::Error> {
        match self {
            Self::Exited(status) => result.serialize_entry("exitStatus", &status),
            Self::Signalled(number) => result.serialize_entry("signal", &number),
        }
    }
}

impl fmt::Display for RunEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(status) => write!(f, "exit status {status}"),
            Self::Signalled(number) => write!(f, "signal {number}"),
        }
    }
}
