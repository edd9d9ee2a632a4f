//! Loggers, their handlers, and what the handlers write to.

use crate::format::formatter::Formatter;
use crate::plan::target::Target;
use crate::records::escape::escape;
use crate::records::level::Level;
use crate::records::record::Record;

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

/// A logger of the configuration.
#[derive(Clone, Debug)]
pub(crate) struct Logger {
    pub(crate) name: String,
    /// None, or `NOTSET`: that of the nearest logger above.
    pub(crate) level: Option<Level>,
    /// Whether the loggers above get its records, too.
    pub(crate) propagates: bool,
    /// Places in the list of handlers.
    pub(crate) handlers: Vec<usize>,
}

/// A handler.
#[derive(Debug)]
pub(crate) struct HandlerPlan {
    pub(crate) name: String,
    pub(crate) level: Level,
    pub(crate) formatter: Formatter,
    pub(crate) target: Target,
}
