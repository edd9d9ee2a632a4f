//! The state of a plugin, a component or a host.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The status of a plugin, component, action or host. A result is never
/// `Unknown`: the client shows that for a plugin that has not run yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// It works.
    Ok,
    /// It works, but a condition may become a failure.
    Warn,
    /// It does not work.
    Error,
    /// There is no result.
    Unknown,
}

impl Status {
    /// Reads a status that a result may have: `OK`, `WARN` or `ERROR`, in
    /// exactly this spelling. Anything else is `None`.
    #[must_use]
    pub fn of_result(text: &str) -> Option<Self> {
        match text {
            "OK" => Some(Self::Ok),
            "WARN" => Some(Self::Warn),
            "ERROR" => Some(Self::Error),
            _ => None,
        }
    }

    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warn => "WARN",
            Self::Error => "ERROR",
            Self::Unknown => "UNKNOWN",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
