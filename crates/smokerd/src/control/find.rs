//! The daemon that a pidfile stands for: the process that holds its lock, else a daemon in the foreground that was started
//! with this pidfile, into which another program wrote its id. A process is never meant because of its pid alone.

use std::path::{Path, PathBuf};

use nix::sys::signal::kill;
use nix::unistd::Pid;
use smoker_runner::process::running::RunningProcess;
use thiserror::Error;

use crate::control::reload_socket::{self, Unreachable};
use crate::control::signal_error::SignalError;
use crate::service::pid_lock::Holder;
use crate::service::pidfile::{self, PidfileError};
use crate::service::program::{self, Invocation};

/// Why there is no daemon to ask.
#[derive(Debug, Error)]
pub(crate) enum FindError {
    #[error("{0}")]
    Pidfile(PidfileError),
    #[error("{missing}; a daemon in the foreground (-fg), as systemd runs it, writes none: {}", next_step(running))]
    Missing { missing: PidfileError, running: Vec<Pid> },
    #[error("no process has the id {pid} that pidfile {path} holds: the daemon is not running; remove the file")]
    Gone { pid: Pid, path: String },
    #[error(
        "process {pid}, which pidfile {path} names, is no smokerd with this pidfile; nothing is signalled. Remove the file if no \
         daemon runs"
    )]
    Other { pid: Pid, path: String },
    #[error("a daemon that is just starting holds the lock of pidfile {path}; try again")]
    Starting { path: String },
    #[error("{0}")]
    Signal(#[from] SignalError),
    #[error("process {pid} is no smokerd, or none of this account; nothing is signalled")]
    NoDaemon { pid: Pid },
    #[error("{0}")]
    Unreachable(#[from] Unreachable),
}

impl FindError {
    fn of_pidfile(error: PidfileError) -> Self {
        match error {
            PidfileError::Missing { .. } => Self::Missing { missing: error, running: reload_socket::daemons() },
            error => Self::Pidfile(error),
        }
    }
}

/// How many daemons are named.
const NAMED: usize = 5;

/// How a daemon without a pidfile is stopped and reloaded.
fn next_step(running: &[Pid]) -> String {
    let pids: Vec<_> = running.iter().take(NAMED).map(ToString::to_string).collect();
    match &*pids {
        [] => "use systemctl stop or systemctl reload smokerd, or kill PID or smokerd --reload=PID".to_owned(),
        [pid] => format!("process {pid} is a smokerd; use systemctl, or kill {pid} or smokerd --reload={pid}"),
        pids => format!(
            "the processes {} are smokerds; use systemctl, or kill PID or smokerd --reload=PID",
            pids.join(", ")
        ),
    }
}

/// The daemon of a pidfile. Its process is opened first and looked at then, so another that gets its number in between is
/// not taken for it. `pidfile_of` says which pidfile a daemon with these words on its command line has.
pub(crate) fn by_pidfile(
    path: &Path,
    pidfile_of: impl Fn(&Invocation) -> Option<PathBuf>,
) -> Result<RunningProcess, FindError> {
    let shown = || path.display().to_string();
    let open = |pid| RunningProcess::open(pid).map_err(|_| FindError::Gone { pid, path: shown() });
    let holder = pidfile::holder(path);
    if let Holder::Process(pid) = holder {
        let daemon = open(pid.ok_or_else(|| FindError::Starting { path: shown() })?)?;
        return if pidfile::holder(path) == holder {
            Ok(daemon)
        } else {
            Err(FindError::Gone { pid: daemon.pid(), path: shown() })
        };
    }
    let pid = pidfile::read(path).map_err(FindError::of_pidfile)?;
    let daemon = open(pid)?;
    if let (Err(errno), Holder::Hidden) = (kill(pid, None), holder) {
        return Err(SignalError { pid, errno }.into());
    }
    // A daemon that was root's and has become this account: neither its lock nor its program can be seen by this account.
    if program::is_hidden(pid) && reload_socket::belongs_to(pid)? {
        return Ok(daemon);
    }
    let is_daemon_with_this_pidfile = || {
        let invocation = program::invocation(pid).filter(|_| program::is_ours(pid))?;
        pidfile_of(&invocation).filter(|of_daemon| of_daemon == path)
    };
    match is_daemon_with_this_pidfile() {
        Some(_) => Ok(daemon),
        None => Err(FindError::Other { pid, path: shown() }),
    }
}

/// The daemon with a process id that a service manager knows. Where nothing says what a process runs, it is none: the signal
/// would end most other programs.
pub(crate) fn by_pid(pid: Pid) -> Result<RunningProcess, FindError> {
    let daemon = RunningProcess::open(pid).map_err(|_| FindError::NoDaemon { pid })?;
    let is_daemon = program::is_known_as_ours(pid) || reload_socket::belongs_to(pid)?;
    if is_daemon { Ok(daemon) } else { Err(FindError::NoDaemon { pid }) }
}
