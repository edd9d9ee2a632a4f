//! What ends a call before there is a report.

use crate::exit_code;

/// A reason to stop: printed as one `ERROR:` line, then the exit code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExitError {
    /// What happened and what to do about it, in one line.
    pub message: String,
    /// One of the constants of [`crate::exit_code`].
    pub code: u8,
}

impl ExitError {
    /// A failure with the general exit code.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: exit_code::FAILURE }
    }

    /// A mistake on the command line.
    #[must_use]
    pub fn usage(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: exit_code::USAGE }
    }
}
