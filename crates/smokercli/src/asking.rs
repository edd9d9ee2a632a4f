//! How long work with hosts goes on: networking, progress, and what ends it early. `smoker-fleet` has both of it, too.

use std::pin::pin;

use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::error::ExitError;
use crate::terminal::console::Console;

/// Host names are resolved in threads; more of them would only wait for each other.
const LOOKUP_THREADS: usize = 64;

/// What runs requests.
///
/// # Errors
///
/// When the system does not allow it.
pub fn networking() -> Result<Runtime, ExitError> {
    Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(LOOKUP_THREADS)
        .build()
        .map_err(|error| ExitError::new(format!("cannot set up networking: {error}")))
}

/// Waits for the work and shows its progress. Returns whether it was completed;
/// Ctrl-C, SIGTERM and SIGHUP cancel it.
pub(crate) async fn with_progress(console: &Console, work: impl Future<Output = ()>) -> bool {
    until_stopped(console, work, || console.tick()).await.is_some()
}

/// Waits for the work, and shows how it goes on by `show` as often as the console is to change. None when Ctrl-C, SIGTERM or SIGHUP
/// has cancelled it.
pub(crate) async fn until_stopped<T>(console: &Console, work: impl Future<Output = T>, show: impl Fn()) -> Option<T> {
    let mut work = pin!(work);
    let mut interrupted = pin!(stop_signal());
    let interval = console.tick_interval();
    loop {
        let tick = async {
            match interval {
                Some(interval) => tokio::time::sleep(interval).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = &mut interrupted => return None,
            done = &mut work => return Some(done),
            () = tick => show(),
        }
    }
}

/// Waits for a signal of [`StopSignals`].
pub(crate) async fn stop_signal() {
    StopSignals::listen().next().await;
}

/// Ctrl-C, SIGTERM, and SIGHUP, which comes when the terminal is closed, unless the program was started to outlive that (`nohup`).
#[derive(Debug)]
pub struct StopSignals {
    interrupt: Option<Signal>,
    terminate: Option<Signal>,
    hangup: Option<Signal>,
}

impl StopSignals {
    /// Takes them from now on. It is called by what a runtime runs.
    #[must_use]
    pub fn listen() -> Self {
        let hangup = if hangup_is_ignored() { None } else { signal(SignalKind::hangup()).ok() };
        let [interrupt, terminate] = [SignalKind::interrupt(), SignalKind::terminate()].map(|kind| signal(kind).ok());
        Self { interrupt, terminate, hangup }
    }

    /// Waits for the next one.
    pub async fn next(&mut self) {
        tokio::select! {
            () = received(self.interrupt.as_mut()) => {}
            () = received(self.terminate.as_mut()) => {}
            () = received(self.hangup.as_mut()) => {}
        }
    }
}

async fn received(signal: Option<&mut Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}

/// Whether SIGHUP is ignored, as the program found it. Where the system does not say, it is left as it is.
fn hangup_is_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    // The lowest bit is that of signal 1.
    ignored.is_none_or(|ignored| ignored & 1 == 1)
}
