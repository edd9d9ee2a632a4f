//! Errors that end the program.

use crate::exit_code;

/// An error that ends the program: one `ERROR:` line and the exit code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExitError {
    /// What happened and what to do about it, in one line.
    pub message: String,
    /// One of the constants of [`crate::exit_code`].
    pub code: u8,
}

impl ExitError {
    /// An error with the general exit code.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: exit_code::FAILURE }
    }

    /// An error of the command line.
    #[must_use]
    pub fn usage(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: exit_code::USAGE }
    }
}
