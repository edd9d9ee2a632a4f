//! Where log lines go: the console in the foreground, syslog otherwise.

mod console;
mod line;
mod syslog;

use tracing_subscriber::Registry;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::cli::Options;

/// Sets up logging for the rest of the process's life.
pub(crate) fn start(options: &Options) {
    let console = options.log_to_console.then(console::layer::<Registry>);
    let (syslog, complaint) = match options.log_to_syslog.then(syslog::layer) {
        None => (None, None),
        Some(Ok(layer)) => (Some(layer), None),
        Some(Err(complaint)) => (None, Some(complaint)),
    };
    let subscriber = Registry::default().with(console).with(syslog).with(LevelFilter::from_level(options.log_level));
    if subscriber.try_init().is_err() {
        eprintln!("WARNING: logging was set up before; it stays as it is");
    }
    if let Some(complaint) = complaint {
        // Not a log line: without syslog a background daemon has nowhere else to say it.
        eprintln!("WARNING: {complaint}");
    }
    if let Some(path) = &options.logging_conf {
        let path = path.display();
        tracing::warn!(
            "logging configuration {path} is not read by this version; -v, -d, --no-syslog and --no-console decide"
        );
    }
}

/// Logs to standard error alone, from INFO on at least: standard output
/// belongs to a report, and a module's traceback is of that level.
pub(crate) fn to_standard_error(level: tracing::Level) {
    let level = level.max(tracing::Level::INFO);
    let subscriber =
        Registry::default().with(console::standard_error::<Registry>()).with(LevelFilter::from_level(level));
    if subscriber.try_init().is_err() {
        eprintln!("WARNING: logging was set up before; it stays as it is");
    }
}
