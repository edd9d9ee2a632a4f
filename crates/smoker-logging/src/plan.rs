//! What is to be logged where, from whatever source that is known.

use std::path::PathBuf;

use crate::escape::escape;
use crate::file::interval::When;
use crate::format::formatter::Formatter;
use crate::level::Level;
use crate::record::Record;
use crate::router::Logger;
use crate::stream::Stream;
use crate::syslog::address::Address;

/// Loggers and the handlers that they name by their places.
#[derive(Debug)]
pub struct Plan {
    pub(crate) loggers: Vec<Logger>,
    pub(crate) handlers: Vec<HandlerPlan>,
}

impl Plan {
    /// What each handler would write of a message of this logger.
    #[must_use]
    pub fn samples(&self, logger: &'static str, message: &str) -> Vec<String> {
        let record = Record::new(Level::INFO, logger.into(), escape(message.to_owned(), false));
        self.handlers.iter().map(|handler| handler.formatter.format(&record)).collect()
    }
}

/// A handler.
#[derive(Debug)]
pub(crate) struct HandlerPlan {
    pub(crate) name: String,
    pub(crate) level: Level,
    pub(crate) formatter: Formatter,
    pub(crate) target: Target,
}

/// What a handler writes to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Target {
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
pub(crate) struct FilePlan {
    pub(crate) path: PathBuf,
    /// Whether it is emptied at the start (mode `w`).
    pub(crate) truncates: bool,
    /// Whether it is opened only when there is something to write.
    pub(crate) waits: bool,
    pub(crate) turnover: Turnover,
}

/// What becomes of a file that has become large or old.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Turnover {
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
