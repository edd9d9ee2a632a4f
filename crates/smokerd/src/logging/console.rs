//! Log lines on the console: errors on standard error, all else on standard output.

use std::io;

use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::registry::LookupSpan;

use crate::logging::line::Line;

pub(super) fn layer<S>() -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    tracing_subscriber::fmt::layer()
        .event_format(Line { separator: ": ", keeps_line_ends: false })
        .with_writer(Console)
        .log_internal_errors(false)
}

/// All log lines on standard error, with the line ends that they have.
pub(super) fn standard_error<S>() -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    tracing_subscriber::fmt::layer()
        .event_format(Line { separator: ": ", keeps_line_ends: true })
        .with_writer(io::stderr)
        .log_internal_errors(false)
}

struct Console;

impl<'a> MakeWriter<'a> for Console {
    type Writer = Box<dyn io::Write + 'a>;

    fn make_writer(&'a self) -> Self::Writer {
        Box::new(io::stdout())
    }

    fn make_writer_for(&'a self, metadata: &Metadata<'_>) -> Self::Writer {
        if *metadata.level() == Level::ERROR { Box::new(io::stderr()) } else { Box::new(io::stdout()) }
    }
}
