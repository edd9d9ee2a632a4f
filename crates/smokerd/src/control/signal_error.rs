//! A daemon that cannot be signalled.

use nix::errno::Errno;
use nix::unistd::Pid;
use thiserror::Error;

/// Why a process was not signalled.
#[derive(Debug, Error)]
#[error("cannot signal process {pid}: {}", errno.desc())]
pub(crate) struct SignalError {
    pub(crate) pid: Pid,
    pub(crate) errno: Errno,
}
