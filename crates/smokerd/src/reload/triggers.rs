//! What asks for a reload.

use tokio::signal::unix::Signal;
use tokio::sync::mpsc;

use crate::reload_requests::request::ReloadRequest;

/// Signals and requests, as they come.
#[derive(Debug)]
pub(crate) struct Triggers {
    pub(crate) hang_up: Signal,
    pub(crate) requests: mpsc::Receiver<ReloadRequest>,
}

/// Why a configuration is to be reloaded.
#[derive(Debug)]
pub(crate) enum ReloadTrigger {
    /// SIGHUP.
    Signal,
    /// A request that waits for the outcome.
    Request(ReloadRequest),
}

impl Triggers {
    /// The next one. Nothing is lost when this is not awaited to its end.
    pub(crate) async fn next(&mut self) -> ReloadTrigger {
        tokio::select! {
            Some(()) = self.hang_up.recv() => ReloadTrigger::Signal,
            Some(request) = self.requests.recv() => ReloadTrigger::Request(request),
            // The daemon stops: both have ended.
            else => std::future::pending().await,
        }
    }
}
