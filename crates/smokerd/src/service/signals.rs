//! What TERM, INT and HUP do.

use std::io;

use nix::sys::signal::{SigSet, Signal as NixSignal};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::output;

/// Blocks the signals that the daemon handles: they stay pending until it listens to them.
pub(crate) fn block_signals() {
    change_mask(SigSet::thread_block);
}

/// Unblocks them in this thread; pending ones are delivered now.
pub(crate) fn unblock_signals() {
    change_mask(SigSet::thread_unblock);
}

fn change_mask(change: fn(&SigSet) -> nix::Result<()>) {
    let signals = SigSet::from_iter([NixSignal::SIGTERM, NixSignal::SIGINT, NixSignal::SIGHUP]);
    if let Err(error) = change(&signals) {
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
