//! `--stop`: ends the daemon that a pidfile names.

use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use thiserror::Error;

use crate::service::pidfile::{self, PidfileError};

/// How long a daemon may take: the grace of its plugins and some time for itself.
const PATIENCE: Duration = Duration::from_secs(3 + 5);

/// The process is not our child, so nobody tells us when it is gone.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Why no daemon was stopped.
#[derive(Debug, Error)]
pub(crate) enum StopError {
    #[error("{0}")]
    Pidfile(#[from] PidfileError),
    #[error("no process has the number {pid} that pidfile {path} holds: the daemon is not running; remove the file")]
    Gone { pid: Pid, path: String },
    #[error("can't signal process {pid}: {reason}")]
    Signal { pid: Pid, reason: &'static str },
    #[error("process {pid} is still there after {} seconds; look into its log, or end it with kill -9", PATIENCE.as_secs())]
    StillThere { pid: Pid },
}

/// Sends SIGTERM and waits until the process is gone.
pub(crate) fn stop(path: &Path) -> Result<(), StopError> {
    let pid = pidfile::read(path)?;
    match kill(pid, Signal::SIGTERM) {
        Ok(()) => {}
        Err(Errno::ESRCH) => return Err(StopError::Gone { pid, path: path.display().to_string() }),
        Err(error) => return Err(StopError::Signal { pid, reason: error.desc() }),
    }
    let deadline = Instant::now() + PATIENCE;
    while is_alive(pid) {
        if Instant::now() >= deadline {
            return Err(StopError::StillThere { pid });
        }
        sleep(LOOK_AGAIN);
    }
    Ok(())
}

/// Whether a process runs. A zombie, whose parent has not looked yet, does not.
fn is_alive(pid: Pid) -> bool {
    if kill(pid, None) == Err(Errno::ESRCH) {
        return false;
    }
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    !stat.rsplit_once(')').is_some_and(|(_, fields)| fields.trim_start().starts_with(['Z', 'X']))
}
