//! The file with the daemon's process id.
//!
//! A running daemon holds the lock on a file beside it (`pid_lock`); the pidfile itself is for people and for other programs,
//! and says nothing that the daemon relies on.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;
use nix::sys::stat::mode_t;
use nix::unistd::Pid;
use smoker_paths::replace;
use smoker_paths::resolved_path::ResolvedPath;
use thiserror::Error;

use crate::service::pid_lock::{Holder, LockError, PidLock};
use crate::service::place;
use crate::service::{pid_lock, program};

/// Everybody may read it.
const MODE: mode_t = 0o644;

/// Why a pidfile cannot be used.
#[derive(Debug, Error)]
pub(crate) enum PidfileError {
    #[error("smokerd is already running with pid {pid} (it holds {}); stop it with --stop", path.display())]
    Held { path: PathBuf, pid: String },
    #[error("cannot write pidfile {}: {source}; {}", path.display(), next_step(source))]
    Unwritable { path: PathBuf, source: io::Error },
    #[error("PID file doesn't exist! Daemon not running? ({})", path.display())]
    Missing { path: PathBuf },
    #[error("cannot read pidfile {}: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("pidfile {} holds '{content}', which is not a process id; remove it if no daemon runs", path.display())]
    NoProcessId { path: PathBuf, content: String },
}

/// What to do about a pidfile that cannot be written.
fn next_step(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::NotFound => "create its folder or choose another with -p",
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "make room there or choose another with -p",
        io::ErrorKind::PermissionDenied => {
            "start smokerd as an account that may write there, or choose another with -p"
        }
        _ => "choose another with -p",
    }
}

/// A pidfile whose lock we hold.
#[derive(Debug)]
pub(crate) struct Pidfile {
    lock: PidLock,
    path: PathBuf,
    /// The file that was written, locked too where that is possible: scripts of older versions look for that.
    written: Option<File>,
}

impl Pidfile {
    /// Takes the lock, which goes along into the background.
    pub(crate) fn lock(path: &Path) -> Result<Self, PidfileError> {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let held = |pid: Option<Pid>| {
            let pid = pid.map_or_else(|| "unknown".to_owned(), |pid| pid.to_string());
            PidfileError::Held { path: path.clone(), pid }
        };
        let unwritable =
            |source| PidfileError::Unwritable { path: path.clone(), source: place::explained(&path, source) };
        let lock = match PidLock::take(&path) {
            Ok(lock) => lock,
            Err(LockError::Held(pid)) => return Err(held(pid.or_else(|| read(&path).ok()))),
            Err(LockError::Failed(source)) => return Err(unwritable(source)),
        };
        if lock.is_new()
            && let Some(pid) = locked_by_older_version(&path)
        {
            lock.remove();
            return Err(held(Some(pid)));
        }
        Ok(Self { lock, path, written: None })
    }

    /// Writes our process id, without a line break as the original does.
    pub(crate) fn write(&mut self) -> Result<(), PidfileError> {
        let path = self.path.clone();
        self.write_id().map_err(|source| PidfileError::Unwritable { path, source })
    }

    fn write_id(&mut self) -> io::Result<()> {
        let id = std::process::id().to_string();
        self.lock.write(&id)?;
        if self.lock.is_pidfile() {
            return Ok(());
        }
        let place = ResolvedPath::of_name(&self.path)?;
        replace::replace(&place, id.as_bytes(), MODE, None)?;
        let written = place.open(OFlag::O_RDONLY | OFlag::O_NONBLOCK, 0)?;
        // A reader may have been faster; nothing depends on it.
        let _ = written.try_lock();
        self.written = Some(written);
        Ok(())
    }

    /// Removes the lock's file, as far as the daemon's account may.
    pub(crate) fn release(&self) {
        self.lock.remove();
    }
}

/// A daemon of an older version, which holds a lock on the pidfile itself. A lock alone says nothing, because every reader can take
/// one; the process has to be this program.
pub(crate) fn locked_by_older_version(path: &Path) -> Option<Pid> {
    let file = open(path).ok()?;
    let pid = read(path).ok()?;
    pid_lock::is_held(&file).then_some(pid).filter(|pid| program::is_ours(*pid))
}

/// The process id in a file.
pub(crate) fn read(path: &Path) -> Result<Pid, PidfileError> {
    let unreadable = |source| PidfileError::Unreadable { path: path.to_owned(), source };
    let content = match open(path).and_then(pid_lock::content_of) {
        Ok(content) => content,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(PidfileError::Missing { path: path.to_owned() });
        }
        Err(source) => return Err(unreadable(source)),
    };
    pid_lock::parse(&content)
        .ok_or_else(|| PidfileError::NoProcessId { path: path.to_owned(), content: content.trim().to_owned() })
}

fn open(path: &Path) -> io::Result<File> {
    ResolvedPath::of(path)?.open(OFlag::O_RDONLY | OFlag::O_NONBLOCK, 0)
}

/// The daemon that a pidfile stands for: the holder of its lock.
pub(crate) fn holder(path: &Path) -> Holder {
    match pid_lock::holder(path) {
        Holder::None => locked_by_older_version(path).map_or(Holder::None, |pid| Holder::Process(Some(pid))),
        holder => holder,
    }
}

/// Removes the file if it holds our process id, no matter which process wrote it.
pub(crate) fn remove_if_ours(path: &Path) {
    if read(path).is_ok_and(|pid| pid == Pid::this())
        && let Err(error) = ResolvedPath::of_name(path).and_then(|place| place.remove())
    {
        tracing::warn!("cannot remove pidfile {}: {error}; the next start takes it over", path.display());
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn numbers_that_would_signal_more_than_one_process_are_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("pid");
        for content in ["0", "1", "-1", "", "12 34", "x"] {
            fs::write(&path, content).expect("a writable folder");
            assert!(matches!(read(&path), Err(PidfileError::NoProcessId { .. })), "{content}");
        }
        fs::write(&path, "4242\n").expect("a writable folder");
        assert_eq!(read(&path).ok(), Some(Pid::from_raw(4242)));
    }
}
