//! Where log lines go.
//!
//! An event becomes a record, in which secrets and line ends are hidden; the
//! router hands it to the queues of the handlers that it is for; each handler
//! has a thread that formats what waits and writes it. So no log can make the
//! daemon wait.
//!
//! # Layout
//!
//! Records:
//! - `layer`: events become records
//! - `record`: what is logged
//! - `level`: Python's levels
//! - `logger_names`: which logger a module belongs to
//! - `secrets`: values that no log may show
//! - `escape`: characters that no line may have
//! - `panic_hook`: panics are logged, too
//!
//! Where they go:
//! - `setup`: which plan counts
//! - `plan`: what is wanted
//! - `defaults`: the plan without a configuration
//! - `fileconfig`: the plan from a `logging.ini`
//! - `ini`: the syntax of such files
//! - `build`: a plan becomes what follows
//! - `router`: loggers and handlers
//! - `queue`: what waits for one handler
//! - `writer`: the thread of one handler
//! - `format`: a record becomes text
//!
//! What they are written to:
//! - `sink`: what all of these have in common
//! - `stream`, `journal`: standard streams
//! - `file`: files
//! - `syslog`: syslog
//! - `descriptor`: writing without waiting for ever
//! - `append_file`: files that root opens for the account that the daemon runs as

#![forbid(unsafe_code)]

pub mod append_file;
mod build;
pub mod defaults;
mod descriptor;
mod escape;
mod file;
pub mod fileconfig;
mod format;
mod ini;
mod journal;
mod layer;
pub mod level;
pub mod logger_names;
mod panic_hook;
pub mod plan;
mod queue;
mod record;
mod router;
pub mod secrets;
pub mod setup;
mod sink;
mod stream;
mod syslog;
mod writer;

use std::panic;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::append_file::Owner;
use crate::layer::Records;
use crate::level::Level;
use crate::logger_names::LoggerNames;
use crate::plan::Plan;
use crate::router::Router;
use crate::setup::Setup;
use crate::writer::Writer;

/// How long the daemon's end may be put off by what is not written yet.
const LAST_LINES: Duration = Duration::from_secs(3);

/// The log of this process.
static LOG: OnceLock<Log> = OnceLock::new();

struct Log {
    router: Arc<Router>,
    /// Those whose threads have not been started.
    idle: Mutex<Vec<Writer>>,
}

/// Sets up logging for the rest of the process's life. Files and sockets are
/// opened now; nothing is written before [`write_in_background`]. Files that are
/// made belong to `owner`.
pub fn start(setup: Setup, names: &'static LoggerNames, owner: Option<Owner>) {
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

fn start_with(plan: Plan, names: &'static LoggerNames, owner: Option<Owner>, is_private: bool) {
    let (router, writers) = build::build(plan, names, owner);
    let layer = Records { router: Arc::clone(&router), is_private };
    let is_ours = LOG.set(Log { router, idle: Mutex::new(writers) }).is_ok();
    if !is_ours || Registry::default().with(layer).try_init().is_err() {
        eprintln!("WARNING: logging was set up before; it stays as it is");
    }
}

/// Writes from now on. Comes when the daemon has become whom it wants to be,
/// since that is done best before the first thread.
pub fn write_in_background() {
    let Some(log) = LOG.get() else { return };
    for writer in log.idle.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
        let name = format!("log {}", writer.name);
        if let Err(error) = thread::Builder::new().name(name).spawn(move || writer.run()) {
            eprintln!("ERROR: a log handler can't be started: {error}");
        }
    }
}

/// Opens log files and sockets anew, for who has moved them away.
pub fn reopen() {
    if let Some(log) = LOG.get() {
        log.router.reopen();
    }
}

/// Writes what waits, and ends logging.
pub fn finish() {
    write_in_background();
    if let Some(log) = LOG.get() {
        log.router.finish(LAST_LINES);
    }
}
