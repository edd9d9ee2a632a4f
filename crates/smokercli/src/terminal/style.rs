//! The colours of the text formats, and whether to use them.

use std::io::IsTerminal;

use crate::report::HostState;
use smoker_model::status::Status;

/// When to colour (`--color`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ColorChoice {
    /// When standard output is a terminal, unless the environment says otherwise.
    #[default]
    Auto,
    /// On pipes too.
    Always,
    /// Not at all.
    Never,
}

/// Colours words, or leaves them as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// No escape sequences.
    Plain,
    /// The original's escape sequences.
    Colored,
}

/// A colour, with its uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// A host's name.
    Gold,
    /// A date.
    Gray,
    /// OK.
    Green,
    /// WARN and its messages.
    Yellow,
    /// ERROR, UNREACHABLE and error messages.
    Red,
    /// UNKNOWN.
    Magenta,
    /// Info messages.
    Blue,
}

/// Ends a coloured word.
pub const RESET: &str = "\x1b[0;0m";

impl Paint {
    /// The escape sequence that begins the colour.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Gold => "\x1b[0;33m",
            Self::Gray => "\x1b[0;37m",
            Self::Green => "\x1b[1;32m",
            Self::Yellow => "\x1b[1;33m",
            Self::Red => "\x1b[1;31m",
            Self::Magenta => "\x1b[1;35m",
            Self::Blue => "\x1b[1;34m",
        }
    }

    /// The colour of a plugin's or component's status.
    #[must_use]
    pub fn of_status(status: Status) -> Self {
        match status {
            Status::Ok => Self::Green,
            Status::Warn => Self::Yellow,
            Status::Error => Self::Red,
            Status::Unknown => Self::Magenta,
        }
    }

    /// The colour of a host's state.
    #[must_use]
    pub fn of_host(state: HostState) -> Self {
        match state {
            HostState::Known(status) => Self::of_status(status),
            HostState::Unreachable | HostState::Missing => Self::Red,
        }
    }

    /// The colour of a message level; `None` for an unknown level.
    #[must_use]
    pub fn of_level(level: &str) -> Option<Self> {
        match level {
            "info" => Some(Self::Blue),
            "warn" => Some(Self::Yellow),
            "error" => Some(Self::Red),
            _ => None,
        }
    }
}

impl Style {
    /// Decides by the option first, then by `NO_COLOR`, `CLICOLOR_FORCE` and
    /// `TERM`, then by whether standard output is a terminal.
    #[must_use]
    pub fn detect(choice: ColorChoice) -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let forced = std::env::var("CLICOLOR_FORCE").is_ok_and(|value| !value.is_empty() && value != "0");
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let colored = match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => !set("NO_COLOR") && (forced || (!dumb && std::io::stdout().is_terminal())),
        };
        if colored { Self::Colored } else { Self::Plain }
    }

    /// Appends the text in this colour.
    pub fn push(self, out: &mut String, paint: Option<Paint>, text: &str) {
        match (self, paint) {
            (Self::Colored, Some(paint)) => {
                out.push_str(paint.code());
                out.push_str(text);
                out.push_str(RESET);
            }
            _ => out.push_str(text),
        }
    }
}
