//! A child of the daemon: its streams, and its end.

use std::io;
use std::os::fd::OwnedFd;
use std::process::ExitStatus;

use nix::unistd::Pid;
use tokio::io::unix::AsyncFd;
use tokio::net::unix::pipe;
use tokio::signal::unix::{SignalKind, signal};

use crate::process::sys::{self, StartedChild};

/// A child that leads a session of its own. Dropping it neither ends nor collects it.
#[derive(Debug)]
pub(crate) struct Child {
    pub(crate) pid: Pid,
    pub(crate) stdin: Option<pipe::Sender>,
    pub(crate) stdout: Option<pipe::Receiver>,
    pub(crate) stderr: Option<pipe::Receiver>,
    /// Readable when the child has ended; none where the system has no such descriptor.
    end: Option<AsyncFd<OwnedFd>>,
    status: Option<ExitStatus>,
}

impl Child {
    /// A child that was started just now, without its streams.
    pub(crate) fn of(started: StartedChild) -> Self {
        let StartedChild { pid, end } = started;
        Self { pid, stdin: None, stdout: None, stderr: None, end, status: None }
    }

    /// Waits for the child's end and collects it. May be dropped and called again.
    ///
    /// # Errors
    ///
    /// When it was collected elsewhere.
    pub(crate) async fn wait(&mut self) -> io::Result<ExitStatus> {
        // Before the first look, so that no end is missed.
        let mut any_child = if self.end.is_none() { Some(signal(SignalKind::child())?) } else { None };
        loop {
            if self.status.is_none() {
                self.status = sys::reap(self.pid)?;
            }
            match (self.status, &self.end, &mut any_child) {
                (Some(status), ..) => return Ok(status),
                (None, Some(end), _) => end.readable().await?.clear_ready(),
                (None, None, Some(any_child)) => drop(any_child.recv().await),
                (None, None, None) => return Err(io::Error::other("nothing reports the end of the process")),
            }
        }
    }
}
