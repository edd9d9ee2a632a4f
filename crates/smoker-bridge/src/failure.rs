//! Why the program ends.

/// One `ERROR:` line and the exit code.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Failure {
    /// The thing, the reason and the next step.
    pub(crate) message: String,
    /// 1, or 2 for a command line that is not understood.
    pub(crate) code: u8,
}

impl Failure {
    /// With the general exit code.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: 1 }
    }

    /// Of the command line.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: 2 }
    }
}
