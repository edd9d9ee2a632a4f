//! Levels, numbered and named as Python's `logging` does.

use std::borrow::Cow;

use tracing::level_filters::LevelFilter;

/// How grave a record is; or, of loggers and handlers, from where on they take records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Level(pub(crate) u32);

impl Level {
    pub(crate) const NOTSET: Self = Self(0);
    pub(crate) const DEBUG: Self = Self(10);
    pub(crate) const INFO: Self = Self(20);
    pub(crate) const WARNING: Self = Self(30);
    pub(crate) const ERROR: Self = Self(40);
    pub(crate) const CRITICAL: Self = Self(50);

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
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let named = NAMES.iter().chain(&ALIASES).find(|(name, _)| name.eq_ignore_ascii_case(text));
        named.map(|(_, level)| *level).or_else(|| text.parse().ok().map(Self))
    }

    /// Which of our own events are at least of this level.
    pub(crate) fn filter(self) -> LevelFilter {
        match self.0 {
            0..=10 => LevelFilter::DEBUG,
            11..=20 => LevelFilter::INFO,
            21..=30 => LevelFilter::WARN,
            31..=40 => LevelFilter::ERROR,
            _ => LevelFilter::OFF,
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
