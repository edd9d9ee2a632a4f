//! Levels, numbered and named as Python's `logging` does.

use std::borrow::Cow;

use tracing::level_filters::LevelFilter;

/// The severity of a record; for loggers and handlers, the lowest that they take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Level(pub(crate) u32);

impl Level {
    /// Every record; a logger without a level of its own.
    pub const NOTSET: Self = Self(0);
    /// Details for developers.
    pub const DEBUG: Self = Self(10);
    /// Normal operation.
    pub const INFO: Self = Self(20);
    /// A condition that an operator should look into.
    pub const WARNING: Self = Self(30);
    /// A failure.
    pub const ERROR: Self = Self(40);
    /// A failure that ends the program.
    pub const CRITICAL: Self = Self(50);

    /// The level of one of our own events.
    pub(crate) fn of(level: tracing::Level) -> Self {
        match level {
            tracing::Level::ERROR => Self::ERROR,
            tracing::Level::WARN => Self::WARNING,
            tracing::Level::INFO => Self::INFO,
            tracing::Level::DEBUG | tracing::Level::TRACE => Self::DEBUG,
        }
    }

    /// The name in records: `WARNING`, or `Level 25` where Python has no name.
    pub(crate) fn name(self) -> Cow<'static, str> {
        let named = NAMES.iter().find(|(_, level)| *level == self);
        named.map_or_else(|| format!("Level {}", self.0).into(), |(name, _)| (*name).into())
    }

    /// Reads a name, or a number.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let named = NAMES.iter().chain(&ALIASES).find(|(name, _)| name.eq_ignore_ascii_case(text));
        named.map(|(_, level)| *level).or_else(|| text.parse().ok().map(Self))
    }

    /// The highest that a record of Python can be that arrives as an event of
    /// this level: theirs are between ours, and above.
    pub(crate) fn highest_of(level: tracing::Level) -> Self {
        match level {
            tracing::Level::ERROR => Self(u32::MAX),
            tracing::Level::WARN => Self(39),
            tracing::Level::INFO => Self(29),
            tracing::Level::DEBUG | tracing::Level::TRACE => Self(19),
        }
    }

    /// Which events may be at least of this level.
    pub(crate) fn filter(self) -> LevelFilter {
        match self.0 {
            0..20 => LevelFilter::DEBUG,
            20..30 => LevelFilter::INFO,
            30..40 => LevelFilter::WARN,
            _ => LevelFilter::ERROR,
        }
    }
}

const NAMES: [(&str, Level); 6] = [
    ("NOTSET", Level::NOTSET),
    ("DEBUG", Level::DEBUG),
    ("INFO", Level::INFO),
    ("WARNING", Level::WARNING),
    ("ERROR", Level::ERROR),
    ("CRITICAL", Level::CRITICAL),
];

const ALIASES: [(&str, Level); 2] = [("WARN", Level::WARNING), ("FATAL", Level::CRITICAL)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_pythons() {
        assert_eq!(Level::parse("WARN").map(Level::name).as_deref(), Some("WARNING"));
        assert_eq!(Level::parse("FATAL").map(Level::name).as_deref(), Some("CRITICAL"));
        assert_eq!(Level(25).name(), "Level 25");
        assert_eq!(Level::parse("25"), Some(Level(25)));
        assert_eq!(Level::parse("LOUD"), None);
    }
}
