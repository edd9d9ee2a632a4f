//! How long each row takes.

use std::env;
use std::time::Duration;

/// All of it, or what a change can wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Length {
    Full,
    Short,
}

impl Length {
    /// `SHORT=1` asks for the short form.
    pub(crate) fn of_environment() -> Self {
        if env::var_os("SHORT").is_some_and(|value| !value.is_empty()) { Self::Short } else { Self::Full }
    }

    /// One of two numbers.
    pub(crate) fn pick<T>(self, full: T, short: T) -> T {
        match self {
            Self::Full => full,
            Self::Short => short,
        }
    }

    /// One of two times in seconds.
    pub(crate) fn seconds(self, full: u64, short: u64) -> Duration {
        Duration::from_secs(self.pick(full, short))
    }
}
