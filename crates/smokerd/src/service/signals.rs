//! What TERM, INT, HUP and XFSZ do.

use std::io;

use nix::sys::signal::{SigSet, Signal as NixSignal};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::output;

const HANDLED: [NixSignal; 3] = [NixSignal::SIGTERM, NixSignal::SIGINT, NixSignal::SIGHUP];

/// Makes a file that reaches the limit of its size (`LimitFSIZE`, `ulimit -f`) an error of the write, which the daemon
/// survives like a full disk; unblocked, the signal would end the process. Threads that are started later inherit this,
/// runs do not.
pub(crate) fn block_file_size_signal() {
    change_mask([NixSignal::SIGXFSZ], SigSet::thread_block);
}

/// Blocks the signals that the daemon handles: they stay pending until it listens to them.
pub(crate) fn block_signals() {
    change_mask(HANDLED, SigSet::thread_block);
}

/// Unblocks them in this thread; pending ones are delivered now.
pub(crate) fn unblock_signals() {
    change_mask(HANDLED, SigSet::thread_unblock);
}

fn change_mask(signals: impl IntoIterator<Item = NixSignal>, change: fn(&SigSet) -> nix::Result<()>) {
    if let Err(error) = change(&SigSet::from_iter(signals)) {
        output::report(format_args!("WARNING: cannot change the signal mask: {error}"));
    }
}

/// The signals that the daemon listens to.
#[derive(Debug)]
pub(crate) struct Signals {
    pub(crate) end: EndSignals,
    pub(crate) hang_up: Signal,
}

/// The signals that stop the daemon.
#[derive(Debug)]
pub(crate) struct EndSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Listens from now on, also to signals that are pending.
    pub(crate) fn listen() -> io::Result<Self> {
        let end =
            EndSignals { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? };
        let signals = Self { end, hang_up: signal(SignalKind::hangup())? };
        unblock_signals();
        Ok(signals)
    }

    /// Returns at the first of the signals.
    pub(crate) async fn any(mut self) {
        tokio::select! {
            () = self.end.wait() => {}
            _ = self.hang_up.recv() => {}
        }
    }
}

impl EndSignals {
    /// Returns at TERM or INT.
    pub(crate) async fn wait(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
