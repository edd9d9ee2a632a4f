//! `--stop`: ends a daemon.

use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::Signal;
use nix::unistd::Pid;
use smoker_runner::process::running::RunningProcess;
use thiserror::Error;

use crate::control::signal_error::SignalError;

/// How long a daemon may take to stop: the grace period of its runs, and some time for itself.
const EXIT_TIMEOUT: Duration = Duration::from_secs(3 + 5);

/// Why no daemon was stopped.
#[derive(Debug, Error)]
pub(crate) enum StopError {
    #[error("process {pid} has ended meanwhile")]
    Gone { pid: Pid },
    #[error("{0}")]
    Signal(#[from] SignalError),
    #[error("process {pid} still runs after {} seconds; read its log, or kill it with kill -9", EXIT_TIMEOUT.as_secs())]
    StillRunning { pid: Pid },
}

/// Sends SIGTERM and waits until the process is gone.
pub(crate) fn stop(daemon: &RunningProcess) -> Result<(), StopError> {
    let pid = daemon.pid();
    match daemon.signal(Signal::SIGTERM) {
        Ok(()) => {}
        Err(Errno::ESRCH) => return Err(StopError::Gone { pid }),
        Err(errno) => return Err(SignalError { pid, errno }.into()),
    }
    if daemon.wait(EXIT_TIMEOUT) { Ok(()) } else { Err(StopError::StillRunning { pid }) }
}
