//! What TERM, INT and HUP do.

use std::io;

use nix::sys::signal::{SigSet, Signal as NixSignal};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::stdio::StdioFiles;

/// Keeps the signals that the daemon listens to waiting, until it does.
pub(crate) fn hold_back() {
    change_mask(SigSet::thread_block);
}

/// Lets signals come in, in this thread; those that waited come now.
pub(crate) fn let_in() {
    change_mask(SigSet::thread_unblock);
}

fn change_mask(change: fn(&SigSet) -> nix::Result<()>) {
    let signals = SigSet::from_iter([NixSignal::SIGTERM, NixSignal::SIGINT, NixSignal::SIGHUP]);
    if let Err(error) = change(&signals) {
        eprintln!("WARNING: can't change the signal mask: {error}");
    }
}

/// The signals that the daemon listens to.
#[derive(Debug)]
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

impl Signals {
    /// Listens from now on, also to signals that were held back.
    pub(crate) fn listen() -> io::Result<Self> {
        let signals = Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
        };
        let_in();
        Ok(signals)
    }

    /// Returns at the first of the signals.
    pub(crate) async fn any(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            _ = self.hang_up.recv() => {}
        }
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
