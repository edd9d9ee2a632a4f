//! A child of the host until it gets its job.

use std::sync::Arc;

use crate::modules::host::connection::{ChildEvent, ChildEvents, HostConnection, OrderedChild};
use crate::modules::host::streams::ChildStreams;
use crate::process::containment::orphans::Claim;

/// A child that waits for its job. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct WaitingChild {
    pub(crate) claim: Claim,
    pub(crate) events: ChildEvents,
    pub(crate) streams: ChildStreams,
    /// As long as it lives the host does.
    pub(crate) connection: Arc<HostConnection>,
}

/// Why there is no child or no outcome.
#[derive(Debug)]
pub(crate) enum ChildLost {
    /// The child, or the host, died before there was a job: another one can be asked.
    BeforeJob(String),
    /// No module could be run, or the host died under it.
    Final(String),
}

impl WaitingChild {
    /// Waits until the child that was ordered leads a session of its own.
    pub(crate) async fn of(ordered: OrderedChild, connection: Arc<HostConnection>) -> Result<Self, ChildLost> {
        let OrderedChild { mut events, streams } = ordered;
        match events.next().await {
            Some(ChildEvent::Started(claim)) if events.lives() => Ok(Self { claim, events, streams, connection }),
            Some(ChildEvent::Failed(reason)) => Err(ChildLost::Final(format!("the Python host can't fork: {reason}"))),
            // It ended while nobody needed it, and perhaps the host did.
            Some(ChildEvent::Started(_) | ChildEvent::Ended(_)) | None => {
                let reason = connection.death().unwrap_or("a child of the Python host ended before its run");
                Err(ChildLost::BeforeJob(reason.to_owned()))
            }
        }
    }
}
