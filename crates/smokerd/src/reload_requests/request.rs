//! The channel from those who ask for a reload to what reloads.

use std::sync::Arc;

use thiserror::Error;
use tokio::sync::{mpsc, oneshot};

use crate::reload_requests::report::ReloadReport;

/// How many requests may wait to be noticed.
const MAX_PENDING: usize = 64;

/// How a reload was requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RequestedBy {
    /// By `smokerd --reload`.
    Program,
    /// By `POST /reload`.
    Client,
}

/// A request, with the way back for the outcome.
#[derive(Debug)]
pub(crate) struct ReloadRequest {
    pub(crate) by: RequestedBy,
    report: oneshot::Sender<Arc<ReloadReport>>,
}

impl ReloadRequest {
    /// Sends the outcome. Nothing happens when nobody waits for it any more.
    pub(crate) fn answer(self, report: &Arc<ReloadReport>) {
        let _ = self.report.send(Arc::clone(report));
    }
}

/// Why a request was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum NotTaken {
    /// [`MAX_PENDING`] requests wait already.
    #[error("too many requests for a reload wait already: ask again later")]
    Full,
    /// Nothing reloads any more.
    #[error("the daemon is stopping, so it reloads nothing")]
    Stopping,
}

/// The end of those who ask. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct ReloadRequests(mpsc::Sender<ReloadRequest>);

impl ReloadRequests {
    /// Both ends of the channel.
    pub(crate) fn channel() -> (Self, mpsc::Receiver<ReloadRequest>) {
        let (sender, receiver) = mpsc::channel(MAX_PENDING);
        (Self(sender), receiver)
    }

    /// Asks for a reload that begins after this, and returns where its outcome arrives. The outcome never comes when the daemon
    /// stops before.
    ///
    /// # Errors
    ///
    /// When the request is not taken.
    pub(crate) fn ask(&self, by: RequestedBy) -> Result<oneshot::Receiver<Arc<ReloadReport>>, NotTaken> {
        let (report, outcome) = oneshot::channel();
        match self.0.try_send(ReloadRequest { by, report }) {
            Ok(()) => Ok(outcome),
            Err(mpsc::error::TrySendError::Full(_)) => Err(NotTaken::Full),
            Err(mpsc::error::TrySendError::Closed(_)) => Err(NotTaken::Stopping),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_that_nobody_notices_are_bounded() {
        let (requests, receiver) = ReloadRequests::channel();
        let mut waiting: Vec<_> = (0..MAX_PENDING).map(|_| requests.ask(RequestedBy::Client).expect("room")).collect();
        assert_eq!(requests.ask(RequestedBy::Program).err(), Some(NotTaken::Full));
        drop(receiver);
        assert_eq!(requests.ask(RequestedBy::Program).err(), Some(NotTaken::Stopping));
        assert!(waiting.pop().expect("one").try_recv().is_err(), "there is no outcome");
    }
}
