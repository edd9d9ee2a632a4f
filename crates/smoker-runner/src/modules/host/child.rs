//! A child of the host until it gets its job.

use std::sync::Arc;

use crate::modules::host::connection::{ChildEvent, ChildEvents, HostConnection, RequestedChild};
use crate::modules::host::streams::ChildStreams;
use crate::process::children::Claim;

/// A child that waits for its job. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct WaitingChild {
    pub(crate) claim: Claim,
    pub(crate) events: ChildEvents,
    pub(crate) streams: ChildStreams,
    /// Keeps the host alive.
    pub(crate) connection: Arc<HostConnection>,
}

/// Why a run got no child, or lost its child.
#[derive(Debug)]
pub(crate) enum ChildLost {
    /// The child, or the host, died before there was a job: another one can be asked.
    BeforeJob(String),
    /// No child can be had, or the host died under the run: trying again does not help.
    Final(String),
}

impl WaitingChild {
    /// Waits until the child that was ordered leads a session of its own.
    pub(crate) async fn of(ordered: RequestedChild, connection: Arc<HostConnection>) -> Result<Self, ChildLost> {
        let RequestedChild { mut events, streams } = ordered;
        match events.next().await {
            Some(ChildEvent::Started(claim)) if events.is_alive() => Ok(Self { claim, events, streams, connection }),
            Some(ChildEvent::Failed(reason)) => Err(ChildLost::Final(format!("the Python host cannot fork: {reason}"))),
            // It ended before a run needed it, and perhaps the host did, too.
            Some(ChildEvent::Started(_) | ChildEvent::Ended(_)) | None => {
                let reason = connection.death().unwrap_or("a child of the Python host ended before its run");
                Err(ChildLost::BeforeJob(reason.to_owned()))
            }
        }
    }
}
