//! What TERM, INT and HUP do.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::stdio::StdioFiles;

/// The signals that the daemon listens to.
#[derive(Debug)]
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

impl Signals {
    /// Listens from now on.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// Reopens log files at each HUP; at TERM or INT cancels and returns.
    pub(crate) async fn obey(mut self, log_files: Option<StdioFiles>, shutdown: CancellationToken) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => break,
                _ = self.interrupt.recv() => break,
                _ = self.hang_up.recv() => reopen(log_files.as_ref()),
            }
        }
        tracing::info!("Shutting down");
        shutdown.cancel();
    }
}

/// In the foreground the standard streams belong to whoever started us.
fn reopen(log_files: Option<&StdioFiles>) {
    let Some(files) = log_files else {
        tracing::info!("SIGHUP: nothing to reopen in the foreground");
        return;
    };
    let reopened = files.open().map_err(|error| error.to_string());
    match reopened.and_then(|files| files.install().map_err(|error| error.to_string())) {
        Ok(()) => tracing::info!("SIGHUP: reopened the log files"),
        Err(error) => tracing::error!("SIGHUP: the log files stay as they are: {error}"),
    }
}
