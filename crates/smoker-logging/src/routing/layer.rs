//! Events become records. All lines come in here, so secrets are replaced here.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use crate::records::escape::escape;
use crate::records::level::Level;
use crate::records::record::Record;
use crate::routing::router::Router;
use crate::secrets;

/// The field that names the logger of a record from Python.
const LOGGER: &str = "logger";

/// The field with the number of its level.
const LEVEL_NUMBER: &str = "levelno";

/// Passes events on to the router.
#[derive(Debug)]
pub(crate) struct RecordLayer {
    pub(crate) router: Arc<Router>,
    /// Whether one person watches one run at a terminal: line ends stay, for tracebacks,
    /// and passwords of URLs, which that person typed.
    pub(crate) is_private: bool,
}

impl RecordLayer {
    fn wants(&self, metadata: &Metadata<'_>) -> bool {
        if metadata.fields().field(LOGGER).is_some() {
            return Level::highest_of(*metadata.level()) >= self.router.lowest_level();
        }
        self.router.wants(&self.router.names.logger_of(metadata.target()), Level::of(*metadata.level()))
    }
}

impl<S: Subscriber> Layer<S> for RecordLayer {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        let is_trace = *metadata.level() == tracing::Level::TRACE;
        if !is_trace && self.wants(metadata) { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        *metadata.level() != tracing::Level::TRACE && self.wants(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.router.lowest_level().filter())
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let metadata = event.metadata();
        let level = fields.level.unwrap_or_else(|| Level::of(*metadata.level()));
        let logger = match fields.logger {
            Some(name) => Cow::Owned(escape(self.without_secrets(name), false)),
            None => self.router.names.logger_of(metadata.target()),
        };
        if !self.router.wants(&logger, level) {
            return;
        }
        let message = escape(self.without_secrets(fields.message), self.is_private);
        self.router.route(Record { metadata: Some(metadata), ..Record::new(level, logger, message) });
    }
}

impl RecordLayer {
    fn without_secrets(&self, text: String) -> String {
        if self.is_private { secrets::without_known(text) } else { secrets::redact(text) }
    }
}

#[derive(Default)]
struct Fields {
    message: String,
    logger: Option<String>,
    level: Option<Level>,
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        match field.name() {
            "message" => self.message = format!("{value:?}"),
            LOGGER => self.logger = Some(format!("{value:?}")),
            _ => {}
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => value.clone_into(&mut self.message),
            LOGGER => self.logger = Some(value.to_owned()),
            _ => {}
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == LEVEL_NUMBER {
            self.level = u32::try_from(value).ok().map(Level);
        }
    }
}
