//! Why an answer is missing or cannot be used.

use std::time::Duration;

use reqwest::Url;

use crate::inventory::address::{AddressProblem, without_password};
use crate::transport::exchange::{FailureKind, TransportError};

/// Why an answer is missing or cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// It is not asked.
    #[error(transparent)]
    Address(AddressProblem),
    /// No response, or one without success.
    #[error(transparent)]
    Open(#[from] TransportError),
    /// A response, but not JSON.
    #[error("can't load response as JSON: {reason} ({url})")]
    Json {
        /// The page.
        url: String,
        /// Where the JSON is broken.
        reason: String,
    },
    /// JSON, but not what a smokerd answers.
    #[error("not the answer of a smokerd: {reason} ({url})")]
    Shape {
        /// The page.
        url: String,
        /// What is missing.
        reason: String,
    },
    /// The about page lacks a link.
    #[error("can't find resource {0} on the about page")]
    Link(String),
    /// The daemon has no pages of past results.
    #[error(
        "this daemon does not tell of past results: it is older than smokerd 3.0; upgrade it, or ask without --history"
    )]
    NoHistory,
    /// The daemon does not have the forced run any more.
    #[error(
        "the daemon has no process {path} any more ({reason}); it was restarted, or has dropped the results. Run it again"
    )]
    Gone {
        /// The page of the run.
        path: String,
        /// The daemon's words.
        reason: String,
    },
    /// The result of a forced run could not be fetched.
    #[error(
        "Polling on {path} failed after {retries} retries. This may happen when a plugin died while waiting for the \
         result. Please retry and check log on the hosts if it happens again."
    )]
    Poll {
        /// The page of the run.
        path: String,
        /// The number of further attempts after the first failure.
        retries: u32,
    },
}

impl AskError {
    /// Whether it looks like a daemon that is starting again: it refuses connections, ends them, says that it cannot answer
    /// now, or does not know a run any more.
    #[must_use]
    pub fn is_of_restart(&self) -> bool {
        match self {
            Self::Open(error) => matches!(
                error.kind,
                FailureKind::ConnectionLost | FailureKind::CutOff | FailureKind::Refused | FailureKind::Unavailable
            ),
            Self::Gone { .. } | Self::Poll { .. } => true,
            Self::Address(_) | Self::Json { .. } | Self::Shape { .. } | Self::Link(_) | Self::NoHistory => false,
        }
    }

    /// How long to wait where the daemon lets this client do no more of what it has asked for yet, and says when it does.
    #[must_use]
    pub fn rate_wait(&self) -> Option<Duration> {
        match self {
            Self::Open(TransportError { kind: FailureKind::TooMany(wait), .. }) => Some(*wait),
            _ => None,
        }
    }

    /// The same error, for what was taken for the about page. A path was probably not meant.
    pub(super) fn of_about_page(self, page: &Url) -> Self {
        match self {
            Self::Shape { url, .. } if page.path() != "/" => {
                Self::Shape { url, reason: "that is no address of a daemon: write http://HOST:PORT".to_owned() }
            }
            other => other,
        }
    }

    /// The body of this page is not what it should be.
    pub(super) fn of_json(url: &Url, body: &[u8], error: &serde_json::Error) -> Self {
        let url = without_password(url);
        if error.is_data() {
            return Self::Shape { url, reason: error.to_string() };
        }
        let reason = if body.is_empty() { "the answer is empty".to_owned() } else { error.to_string() };
        Self::Json { url, reason }
    }
}
