//! What connects us with a child of the host.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdUnixStream;

use tokio::net::UnixStream;

/// Our ends of what connects us with a child.
#[derive(Debug)]
pub(crate) struct ChildStreams {
    pub(crate) job: UnixStream,
    pub(crate) output: OwnedFd,
    pub(crate) log: OwnedFd,
}

impl ChildStreams {
    /// Our ends and the child's.
    ///
    /// # Errors
    ///
    /// When no more files may be open.
    pub(crate) fn new() -> io::Result<(Self, [OwnedFd; 3])> {
        let (job, their_job) = StdUnixStream::pair()?;
        job.set_nonblocking(true)?;
        let (output, their_output) = io::pipe()?;
        let (log, their_log) = io::pipe()?;
        let ours = Self { job: UnixStream::from_std(job)?, output: output.into(), log: log.into() };
        Ok((ours, [their_job.into(), their_output.into(), their_log.into()]))
    }
}
