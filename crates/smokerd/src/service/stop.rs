//! `--stop`: ends the daemon that a pidfile stands for: the process that holds its lock, else a daemon in the foreground
//! that was started with this pidfile, into which another program wrote its id.
//! A process is never signalled because of its pid alone.

use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use smoker_runner::process::running::RunningProcess;
use thiserror::Error;

use crate::service::pid_lock::Holder;
use crate::service::pidfile::{self, PidfileError};
use crate::service::program::{self, Invocation};

/// How long a daemon may take to stop: the grace period of its runs, and some time for itself.
const EXIT_TIMEOUT: Duration = Duration::from_secs(3 + 5);

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
    let daemon = daemon_of(path, pidfile_of)?;
    let pid = daemon.pid();
    match daemon.signal(Signal::SIGTERM) {
        Ok(()) => {}
        Err(Errno::ESRCH) => return Err(StopError::Gone { pid, path: path.display().to_string() }),
        Err(error) => return Err(StopError::Signal { pid, reason: error.desc() }),
    }
    if daemon.wait(EXIT_TIMEOUT) { Ok(()) } else { Err(StopError::StillRunning { pid }) }
}

/// The daemon of a pidfile. Its process is opened first and looked at then, so another that gets its number in between is
/// not taken for it.
fn daemon_of(path: &Path, pidfile_of: impl Fn(&Invocation) -> Option<PathBuf>) -> Result<RunningProcess, StopError> {
    let shown = || path.display().to_string();
    let open = |pid| RunningProcess::open(pid).map_err(|_| StopError::Gone { pid, path: shown() });
    let holder = pidfile::holder(path);
    if let Holder::Process(pid) = holder {
        let daemon = open(pid.ok_or_else(|| StopError::Starting { path: shown() })?)?;
        return if pidfile::holder(path) == holder {
            Ok(daemon)
        } else {
            Err(StopError::Gone { pid: daemon.pid(), path: shown() })
        };
    }
    let pid = pidfile::read(path)?;
    let daemon = open(pid)?;
    if let (Err(error), Holder::Hidden) = (kill(pid, None), holder) {
        return Err(StopError::Signal { pid, reason: error.desc() });
    }
    let is_daemon_with_this_pidfile = || {
        let invocation = program::invocation(pid).filter(|_| program::is_ours(pid))?;
        pidfile_of(&invocation).filter(|of_daemon| of_daemon == path)
    };
    match is_daemon_with_this_pidfile() {
        Some(_) => Ok(daemon),
        None => Err(StopError::Other { pid, path: shown() }),
    }
}
