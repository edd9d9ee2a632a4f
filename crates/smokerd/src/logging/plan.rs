//! What is to be logged where, from whatever source that is known.

use std::path::PathBuf;

use crate::logging::escape::escape;
use crate::logging::file::interval::When;
use crate::logging::format::formatter::Formatter;
use crate::logging::level::Level;
use crate::logging::record::Record;
use crate::logging::router::Logger;
use crate::logging::stream::Stream;
use crate::logging::syslog::address::Address;

/// Loggers and the handlers that they name by their places.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(super) loggers: Vec<Logger>,
    pub(super) handlers: Vec<HandlerPlan>,
}

impl Plan {
    /// What each handler would write of a message.
    pub(crate) fn samples(&self, message: &str) -> Vec<String> {
        let record = Record::new(Level::INFO, "smokerd".into(), escape(message.to_owned(), false));
        self.handlers.iter().map(|handler| handler.formatter.format(&record)).collect()
    }
}

/// A handler.
#[derive(Debug)]
pub(super) struct HandlerPlan {
    pub(super) name: String,
    pub(super) level: Level,
    pub(super) formatter: Formatter,
    pub(super) target: Target,
}

/// What a handler writes to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Target {
    /// Errors to standard error, the rest to standard output.
    Console,
    Stream(Stream),
    File(FilePlan),
    Syslog(Address, u8),
    /// The system's log, wherever it is.
    System,
    Null,
}

/// A file and what becomes of it over time.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct FilePlan {
    pub(super) path: PathBuf,
    /// Whether it is emptied at the start (mode `w`).
    pub(super) truncates: bool,
    /// Whether it is opened only when there is something to write.
    pub(super) waits: bool,
    pub(super) turnover: Turnover,
}

/// What becomes of a file that has become large or old.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Turnover {
    None,
    /// Somebody else moves it away.
    Watched,
    BySize {
        most: u64,
        backups: usize,
    },
    ByTime {
        when: When,
        interval: u32,
        backups: usize,
        is_utc: bool,
    },
}
