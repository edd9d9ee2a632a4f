//! `--stop`: ends the daemon that a pidfile stands for: the process that holds its lock, else a daemon in the foreground
//! that was started with this pidfile, into which another program wrote its id.
//! A process is never signalled because of its pid alone.

use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use thiserror::Error;

use crate::service::pid_lock::Holder;
use crate::service::pidfile::{self, PidfileError};
use crate::service::program::{self, Invocation};

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
    #[error(
        "process {pid}, which pidfile {path} names, is no smokerd with this pidfile; nothing is signalled. Remove the file if no \
         daemon runs"
    )]
    Other { pid: Pid, path: String },
    #[error("a daemon that is just starting holds the lock of pidfile {path}; try again")]
    Starting { path: String },
    #[error("cannot signal process {pid}: {reason}")]
    Signal { pid: Pid, reason: &'static str },
    #[error("process {pid} still runs after {} seconds; read its log, or kill it with kill -9", EXIT_TIMEOUT.as_secs())]
    StillRunning { pid: Pid },
}

/// Sends SIGTERM and waits until the process is gone. `pidfile_of` says which pidfile a daemon with these words on its
/// command line has.
pub(crate) fn stop(path: &Path, pidfile_of: impl Fn(&Invocation) -> Option<PathBuf>) -> Result<(), StopError> {
    let pid = daemon_of(path, pidfile_of)?;
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

fn daemon_of(path: &Path, pidfile_of: impl Fn(&Invocation) -> Option<PathBuf>) -> Result<Pid, StopError> {
    let shown = || path.display().to_string();
    let holder = pidfile::holder(path);
    if let Holder::Process(pid) = holder {
        return pid.ok_or_else(|| StopError::Starting { path: shown() });
    }
    let pid = pidfile::read(path)?;
    match kill(pid, None) {
        Err(Errno::ESRCH) => return Err(StopError::Gone { pid, path: shown() }),
        Err(error) if holder == Holder::Hidden => return Err(StopError::Signal { pid, reason: error.desc() }),
        _ => {}
    }
    let is_daemon_with_this_pidfile = || {
        let invocation = program::invocation(pid).filter(|_| program::is_ours(pid))?;
        pidfile_of(&invocation).filter(|of_daemon| of_daemon == path)
    };
    match is_daemon_with_this_pidfile() {
        Some(_) => Ok(pid),
        None => Err(StopError::Other { pid, path: shown() }),
    }
}

/// Whether a process runs. A zombie, which its parent has not reaped yet, does not.
fn is_alive(pid: Pid) -> bool {
    if kill(pid, None) == Err(Errno::ESRCH) {
        return false;
    }
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    !stat.rsplit_once(')').is_some_and(|(_, fields)| fields.trim_start().starts_with(['Z', 'X']))
}
