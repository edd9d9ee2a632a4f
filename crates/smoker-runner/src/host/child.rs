//! A child of the host until it gets its job. One is ordered ahead of the run
//! that will need it, so that a run does not wait for a fork.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::sync::Arc;

use tokio::net::UnixStream;

use crate::host::connection::{Connection, Event, Forked};
use crate::reaper::Claim;

/// A child that was ordered.
#[derive(Debug)]
pub(crate) struct Ordered {
    forked: Forked,
    streams: Streams,
}

/// A child that waits for its job. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Child {
    pub(crate) claim: Claim,
    pub(crate) forked: Forked,
    pub(crate) streams: Streams,
    /// As long as it lives the host does.
    pub(crate) connection: Arc<Connection>,
}

/// Our ends of what connects us with a child.
#[derive(Debug)]
pub(crate) struct Streams {
    pub(crate) job: UnixStream,
    pub(crate) output: OwnedFd,
    pub(crate) log: OwnedFd,
}

/// Why there is no child or no outcome.
#[derive(Debug)]
pub(crate) enum Lost {
    /// The child, or the host, died before there was a job: another one can be asked.
    BeforeStart(String),
    /// No module could be run, or the host died under it.
    ForGood(String),
}

impl Ordered {
    /// Orders a child.
    pub(crate) fn new(connection: &Arc<Connection>) -> io::Result<Self> {
        let (streams, theirs) = Streams::new()?;
        let forked = connection.fork(theirs);
        Ok(Self { forked, streams })
    }

    /// The order's number.
    pub(crate) fn id(&self) -> u64 {
        self.forked.id()
    }

    /// Waits until the child leads a session of its own.
    pub(crate) async fn started(mut self, connection: Arc<Connection>) -> Result<Child, Lost> {
        match self.forked.next().await {
            Some(Event::Started(claim)) if self.forked.lives() => {
                let Self { forked, streams } = self;
                Ok(Child { claim, forked, streams, connection })
            }
            Some(Event::Failed(reason)) => Err(Lost::ForGood(format!("the Python host can't fork: {reason}"))),
            // It ended while nobody needed it, and perhaps the host did.
            Some(Event::Started(_) | Event::Ended(_)) | None => {
                let reason = connection.death().unwrap_or("a child of the Python host ended before its run");
                Err(Lost::BeforeStart(reason.to_owned()))
            }
        }
    }
}

impl Streams {
    /// Our ends and the child's.
    fn new() -> io::Result<(Self, [OwnedFd; 3])> {
        let (job, their_job) = StdUnixStream::pair()?;
        job.set_nonblocking(true)?;
        let (output, their_output) = io::pipe()?;
        let (log, their_log) = io::pipe()?;
        let ours = Self { job: UnixStream::from_std(job)?, output: output.into(), log: log.into() };
        Ok((ours, [their_job.into(), their_output.into(), their_log.into()]))
    }
}
