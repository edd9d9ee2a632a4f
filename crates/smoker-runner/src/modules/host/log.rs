//! What modules print and log goes to our log, with the plugin's name.

use std::os::fd::OwnedFd;

use serde::Deserialize;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::net::unix::pipe::Receiver;

use crate::trace::recorder::TraceRecorder;

/// A longer line is cut into several.
const MAX_LINE: u64 = 16 * 1024;

/// Of one stream of one run this many bytes are logged; a module in an endless
/// loop must not fill the disk.
const MAX_LOGGED: usize = 1024 * 1024;

/// Python's levels (`logging` of the standard library), from which on records
/// are wanted, by our own log's level.
pub(crate) fn wanted_level() -> u32 {
    use tracing::level_filters::LevelFilter;
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
pub(crate) fn follow_output(plugin: &str, pipe: OwnedFd, trace: Option<&TraceRecorder>) {
    match trace.cloned() {
        None => follow(plugin, pipe, None, |plugin, line| tracing::info!("Plugin {plugin} printed: {line}")),
        Some(recorder) => follow(plugin, pipe, trace, move |_, line| recorder.printed_line(line)),
    }
}

/// Logs what a module passes to Python's `logging`.
pub(crate) fn follow_records(plugin: &str, pipe: OwnedFd, trace: Option<&TraceRecorder>) {
    follow(plugin, pipe, trace, |plugin, line| {
        if let Ok(record) = serde_json::from_str(line) {
            log(plugin, &record);
        } else {
            // Records of two processes that the module runs can get into each other.
            tracing::info!("Plugin {plugin}: {line}");
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
fn log(plugin: &str, ModuleRecord { level, logger, message }: &ModuleRecord) {
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
    plugin: &str,
    pipe: OwnedFd,
    trace: Option<&TraceRecorder>,
    take: impl Fn(&str, &str) + Send + Sync + 'static,
) {
    let plugin = plugin.to_owned();
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
        while let Some(line) = next_line(&mut reader).await {
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

async fn next_line(reader: &mut (impl AsyncBufRead + Unpin)) -> Option<String> {
    let mut line = Vec::new();
    let read = reader.take(MAX_LINE).read_until(b'\n', &mut line).await;
    if !matches!(read, Ok(1..)) {
        return None;
    }
    if line.last() == Some(&b'\n') {
        line.pop();
    }
    Some(String::from_utf8_lossy(&line).into_owned())
}
