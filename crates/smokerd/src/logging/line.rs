//! One event as one line.

use std::fmt;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// Level, separator, message: `WARNING: text`, with Python's level names.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) separator: &'static str,
    /// For a person who watches one run, to whom a traceback in one line is of no use.
    pub(super) keeps_line_ends: bool,
}

impl<S, N> FormatEvent<S, N> for Line
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut message = Message(String::new());
        event.record(&mut message);
        // Whoever reads lines must not be made to read one that a plugin wrote.
        let message = message.0.replace('\r', "\\r");
        let message = if self.keeps_line_ends { message } else { message.replace('\n', "\\n") };
        writeln!(writer, "{}{}{message}", level_name(*event.metadata().level()), self.separator)
    }
}

/// The level as Python's `logging` calls it.
fn level_name(level: Level) -> &'static str {
    match level {
        Level::ERROR => "ERROR",
        Level::WARN => "WARNING",
        Level::INFO => "INFO",
        Level::DEBUG | Level::TRACE => "DEBUG",
    }
}

struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}
