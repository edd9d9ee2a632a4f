//! A child of the host until it gets its job.

use std::sync::Arc;

use crate::modules::host::connection::{Connection, Event, Forked, Ordered};
use crate::modules::host::streams::Streams;
use crate::process::containment::reaper::Claim;

/// A child that waits for its job. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Child {
    pub(crate) claim: Claim,
    pub(crate) forked: Forked,
    pub(crate) streams: Streams,
    /// As long as it lives the host does.
    pub(crate) connection: Arc<Connection>,
}

/// Why there is no child or no outcome.
#[derive(Debug)]
pub(crate) enum Lost {
    /// The child, or the host, died before there was a job: another one can be asked.
    BeforeStart(String),
    /// No module could be run, or the host died under it.
    ForGood(String),
}

impl Child {
    /// Waits until the child that was ordered leads a session of its own.
    pub(crate) async fn of(ordered: Ordered, connection: Arc<Connection>) -> Result<Self, Lost> {
        let Ordered { mut forked, streams } = ordered;
        match forked.next().await {
            Some(Event::Started(claim)) if forked.lives() => Ok(Self { claim, forked, streams, connection }),
            Some(Event::Failed(reason)) => Err(Lost::ForGood(format!("the Python host can't fork: {reason}"))),
            // It ended while nobody needed it, and perhaps the host did.
            Some(Event::Started(_) | Event::Ended(_)) | None => {
                let reason = connection.death().unwrap_or("a child of the Python host ended before its run");
                Err(Lost::BeforeStart(reason.to_owned()))
            }
        }
    }
}
