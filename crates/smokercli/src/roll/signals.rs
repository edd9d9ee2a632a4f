//! Ctrl-C, SIGTERM and SIGHUP while commands run.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};

use crate::asking::{StopSignals, networking};
use crate::error::ExitError;
use crate::terminal::console::{Console, Verbosity};

/// What signals have asked for so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Signals {
    /// Nothing new may begin; set by the first signal.
    stop: Arc<AtomicBool>,
    /// What runs is to be ended; set by the second signal.
    cut_short: Arc<AtomicBool>,
}

impl Signals {
    /// Begins to take signals, in a thread of its own.
    ///
    /// # Errors
    ///
    /// When the system does not allow it.
    pub(super) fn taken() -> Result<Self, ExitError> {
        let signals = Self::default();
        let taken = signals.clone();
        let runtime = networking()?;
        let (sender, is_listening) = mpsc::channel();
        std::thread::spawn(move || {
            let mut signals = runtime.block_on(async { StopSignals::listen() });
            // The receiver waits below, so this cannot fail.
            let _ = sender.send(());
            let console = Console::new(Verbosity::Quiet);
            let told = [
                (
                    taken.stop,
                    "interrupted: no further command begins, and those that run are waited for; a second signal ends them",
                ),
                (taken.cut_short, "interrupted again: the commands that run are ended"),
            ];
            for (flag, text) in told {
                runtime.block_on(signals.next());
                flag.store(true, Ordering::Relaxed);
                console.warn(text);
            }
        });
        // Nothing begins that a signal could cut short unseen.
        let _ = is_listening.recv();
        Ok(signals)
    }

    /// Nothing new may begin any more, as after the first signal.
    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Whether nothing new may begin.
    pub(super) fn is_stopping(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Set when what runs is to be ended.
    pub(super) fn cut_short(&self) -> &AtomicBool {
        &self.cut_short
    }
}
