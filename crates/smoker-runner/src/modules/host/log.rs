//! What modules print and log goes to our log, with the plugin's name.

use std::os::fd::OwnedFd;

use serde::Deserialize;
use smoker_model::plugin::PluginName;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::net::unix::pipe::Receiver;
use tracing::level_filters::LevelFilter;

use crate::log_limit::LogLimit;
use crate::modules::host::prints;
use crate::trace::recorder::TraceRecorder;

/// A longer line is cut into several.
const MAX_LINE: u64 = 16 * 1024;

/// A record of Python's `logging` is shorter: `host/logs.py` bounds its message.
const MAX_RECORD: u64 = 256 * 1024;

/// The logger of the host itself, for the exceptions that modules raise.
const HOST_LOGGER: &str = "smokerd.module";

/// Of one stream of one run this many bytes are logged; a module in an endless
/// loop must not fill the disk.
const MAX_LOGGED: usize = 1024 * 1024;

/// Python's levels (`logging` of the standard library), from which on records
/// are wanted, by our own log's level.
pub(crate) fn wanted_level() -> u32 {
    match LevelFilter::current() {
        LevelFilter::TRACE | LevelFilter::DEBUG => 10,
        LevelFilter::INFO => 20,
        LevelFilter::WARN => 30,
        LevelFilter::ERROR => 40,
        _ => 50,
    }
}

/// Logs what a module prints, or records it in the trace, until no process is left
/// that could print.
pub(crate) fn follow_output(plugin: &PluginName, pipe: OwnedFd, trace: Option<&TraceRecorder>) {
    match trace.cloned() {
        None => follow(plugin, pipe, MAX_LINE, None, |plugin, line| {
            if tracing::enabled!(tracing::Level::INFO) {
                tracing::info!("Plugin {plugin} printed: {line}");
            } else {
                prints::show(line);
            }
        }),
        Some(recorder) => follow(plugin, pipe, MAX_LINE, trace, move |_, line| recorder.printed_line(line)),
    }
}

/// Logs what a module passes to Python's `logging`, and the traceback of an exception that ended it, if `tracebacks` admits it.
pub(crate) fn follow_records(plugin: &PluginName, pipe: OwnedFd, tracebacks: &LogLimit, trace: Option<&TraceRecorder>) {
    let tracebacks = tracebacks.clone();
    follow(plugin, pipe, MAX_RECORD, trace, move |plugin, line| {
        match serde_json::from_str::<ModuleRecord>(line) {
            Ok(record) if record.logger == HOST_LOGGER && !tracebacks.admits(plugin) => {}
            Ok(record) => log(plugin, &record),
            // Records of two processes that the module runs can get into each other. Their levels are lost.
            Err(_) => tracing::warn!("Plugin {plugin} sent a malformed log record: {line}"),
        }
    });
}

#[derive(Deserialize)]
struct ModuleRecord {
    level: f64,
    logger: String,
    message: String,
}

/// The record goes to the logger that the module gave it to, whatever its level.
fn log(plugin: &PluginName, ModuleRecord { level, logger, message }: &ModuleRecord) {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast saturates, which is right here"
    )]
    let levelno = *level as u64;
    let logger = logger.as_str();
    match levelno {
        40.. => tracing::error!(logger, levelno, "Plugin {plugin}: {message}"),
        30.. => tracing::warn!(logger, levelno, "Plugin {plugin}: {message}"),
        20.. => tracing::info!(logger, levelno, "Plugin {plugin}: {message}"),
        _ => tracing::debug!(logger, levelno, "Plugin {plugin}: {message}"),
    }
}

/// Passes each line to `take`, in a task of its own: what a module left running
/// in the background can print without harm as long as it lives. The trace
/// knows the task and can wait for it.
fn follow(
    plugin: &PluginName,
    pipe: OwnedFd,
    max_line: u64,
    trace: Option<&TraceRecorder>,
    take: impl Fn(&PluginName, &str) + Send + Sync + 'static,
) {
    let plugin = plugin.clone();
    let receiver = match Receiver::from_owned_fd(pipe) {
        Ok(receiver) => receiver,
        Err(error) => {
            tracing::warn!("Plugin {plugin}: what it prints cannot be read: {error}");
            return;
        }
    };
    let reading = tokio::spawn(async move {
        let mut reader = BufReader::new(receiver);
        let mut logged = 0;
        while let Some(line) = next_line(&mut reader, max_line).await {
            if logged > MAX_LOGGED {
                continue;
            }
            logged += line.len() + 1;
            if logged > MAX_LOGGED {
                tracing::warn!("Plugin {plugin} prints more than {MAX_LOGGED} bytes: the rest of this run is left out");
            } else {
                take(&plugin, &line);
            }
        }
    });
    if let Some(trace) = trace {
        trace.output_reader(reading);
    }
}

async fn next_line(reader: &mut (impl AsyncBufRead + Unpin), max_line: u64) -> Option<String> {
    let mut line = Vec::new();
    let read = reader.take(max_line).read_until(b'\n', &mut line).await;
    if !matches!(read, Ok(1..)) {
        return None;
    }
    if line.last() == Some(&b'\n') {
        line.pop();
    }
    Some(String::from_utf8_lossy(&line).into_owned())
}
