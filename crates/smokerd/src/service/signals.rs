//! What TERM, INT and HUP do.

use std::io;

use nix::sys::signal::{SigSet, Signal as NixSignal};
use tokio::signal::unix::{Signal, SignalKind, signal};
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
    pub(crate) end: EndSignals,
    pub(crate) hang_up: Signal,
}

/// Those that end the daemon.
#[derive(Debug)]
pub(crate) struct EndSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Listens from now on, also to signals that were held back.
    pub(crate) fn listen() -> io::Result<Self> {
        let end =
            EndSignals { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? };
        let signals = Self { end, hang_up: signal(SignalKind::hangup())? };
        let_in();
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
