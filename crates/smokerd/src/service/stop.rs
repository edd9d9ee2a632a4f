//! `--stop`: ends the daemon that a pidfile names.

use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use thiserror::Error;

use crate::service::pidfile::{self, PidfileError};

/// How long a daemon may take to stop: the grace period of its runs, and some time for itself.
const EXIT_TIMEOUT: Duration = Duration::from_secs(3 + 5);

/// The process is not our child, so the kernel does not notify us when it ends.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Why no daemon was stopped.
#[derive(Debug, Error)]
pub(crate) enum StopError {
    #[error("{0}")]
    Pidfile(#[from] PidfileError),
    #[error("no process has the id {pid} that pidfile {path} holds: the daemon is not running; remove the file")]
    Gone { pid: Pid, path: String },
    #[error("can't signal process {pid}: {reason}")]
    Signal { pid: Pid, reason: &'static str },
    #[error("process {pid} still runs after {} seconds; read its log, or kill it with kill -9", EXIT_TIMEOUT.as_secs())]
    StillRunning { pid: Pid },
}

/// Sends SIGTERM and waits until the process is gone.
pub(crate) fn stop(path: &Path) -> Result<(), StopError> {
    let pid = pidfile::read(path)?;
    match kill(pid, Signal::SIGTERM) {
        Ok(()) => {}
        Err(Errno::ESRCH) => return Err(StopError::Gone { pid, path: path.display().to_string() }),
        Err(error) => return Err(StopError::Signal { pid, reason: error.desc() }),
    }
    let deadline = Instant::now() + EXIT_TIMEOUT;
    while is_alive(pid) {
        if Instant::now() >= deadline {
            return Err(StopError::StillRunning { pid });
        }
        sleep(POLL_INTERVAL);
    }
    Ok(())
}

/// Whether a process runs. A zombie, which its parent has not reaped yet, does not.
fn is_alive(pid: Pid) -> bool {
    if kill(pid, None) == Err(Errno::ESRCH) {
        return false;
    }
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    !stat.rsplit_once(')').is_some_and(|(_, fields)| fields.trim_start().starts_with(['Z', 'X']))
}
