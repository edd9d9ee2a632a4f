//! The log of this process: one for its whole life.

use std::io::{self, Write};
use std::panic;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::panic_hook;
use crate::plan::logging_plan::Plan;
use crate::records::level::Level;
use crate::records::logger_names::LoggerNames;
use crate::routing::layer::RecordLayer;
use crate::routing::router::Router;
use crate::routing::writer::Writer;
use crate::setup::source::LogSetup;
use crate::setup::{build, defaults};
use smoker_paths::resolved_path::Owner;

/// How long the end of the process may be delayed by records that are not written yet.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(3);

/// The log of this process.
static LOG: OnceLock<Log> = OnceLock::new();

struct Log {
    router: Arc<Router>,
    /// Writers whose threads have not been started yet.
    idle: Mutex<Vec<Writer>>,
}

/// Sets up logging for the rest of the process's life. Files and sockets are
/// opened now; nothing is written before [`write_in_background`]. Files that are
/// made belong to `owner`.
pub fn start(setup: LogSetup, names: &'static LoggerNames, owner: Option<Owner>) {
    start_with(setup.plan, names, owner, false);
    panic::set_hook(Box::new(|panic| panic_hook::log(names.program, panic)));
    for problem in &setup.problems {
        tracing::warn!("{problem}");
    }
}

/// Logs to standard error alone, from INFO on at least: standard output
/// belongs to a report, and a module's traceback is of that level.
pub fn to_standard_error(level: Level, names: &'static LoggerNames) {
    start_with(defaults::standard_error(level.min(Level::INFO)), names, None, true);
    write_in_background();
}

/// Logs to standard error alone, from this level on; what is known of `quiet`, a library's logger, only from WARNING on.
pub fn to_standard_error_without(quiet: &str, level: Level, names: &'static LoggerNames) {
    start_with(defaults::quieter(defaults::standard_error(level), quiet), names, None, false);
    write_in_background();
}

fn start_with(plan: Plan, names: &'static LoggerNames, owner: Option<Owner>, is_private: bool) {
    let (router, writers) = build::build(plan, names, owner);
    let layer = RecordLayer { router: Arc::clone(&router), is_private };
    let is_ours = LOG.set(Log { router, idle: Mutex::new(writers) }).is_ok();
    if !is_ours || Registry::default().with(layer).try_init().is_err() {
        let _ = writeln!(io::stderr(), "WARNING: logging is set up already; the second setup is ignored");
    }
}

/// Starts the threads of all handlers. Call it after privileges are dropped: ids are
/// changed before a process has threads.
pub fn write_in_background() {
    let Some(log) = LOG.get() else { return };
    for writer in log.idle.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
        let name = format!("log {}", writer.name);
        if let Err(error) = thread::Builder::new().name(name).spawn(move || writer.run()) {
            let _ = writeln!(io::stderr(), "ERROR: cannot start a log handler: {error}");
        }
    }
}

/// Reopens log files and sockets, after another program has rotated the files.
pub fn reopen() {
    if let Some(log) = LOG.get() {
        log.router.reopen();
    }
}

/// Writes the records that are queued, and ends logging.
pub fn finish() {
    write_in_background();
    if let Some(log) = LOG.get() {
        log.router.finish(DRAIN_TIMEOUT);
    }
}
