//! How long work with hosts goes on: networking, progress, and what ends it early.

use std::pin::pin;

use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};

use crate::error::ExitError;
use crate::terminal::console::Console;

/// Host names are resolved in threads; more of them would only wait for each other.
const LOOKUP_THREADS: usize = 64;

/// What runs requests.
///
/// # Errors
///
/// When the system does not allow it.
pub(crate) fn networking() -> Result<Runtime, ExitError> {
    Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(LOOKUP_THREADS)
        .build()
        .map_err(|error| ExitError::new(format!("cannot set up networking: {error}")))
}

/// Waits for the work and shows its progress. Returns whether it was completed;
/// Ctrl-C and SIGTERM cancel it.
pub(crate) async fn with_progress(console: &Console, work: impl Future<Output = ()>) -> bool {
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
            () = &mut interrupted => return false,
            () = &mut work => return true,
            () = tick => console.tick(),
        }
    }
}

/// Waits for Ctrl-C or SIGTERM.
pub(crate) async fn stop_signal() {
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut terminated) => drop(terminated.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}
