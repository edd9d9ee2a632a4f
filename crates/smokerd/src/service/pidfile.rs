//! The file with the daemon's process id.
//!
//! A running daemon holds a lock on it, which the kernel drops with the
//! process however that ends; so a file without a lock is stale.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::unistd::Pid;
use thiserror::Error;

/// Why a pidfile cannot be used.
#[derive(Debug, Error)]
pub(crate) enum PidfileError {
    #[error("smokerd is already running with pid {pid} (it holds {}); stop it with --stop", path.display())]
    Held { path: PathBuf, pid: String },
    #[error("can't write pidfile {}: {source}; create its folder or choose another with -p", path.display())]
    Unwritable { path: PathBuf, source: io::Error },
    #[error("PID file doesn't exist! Daemon not running? ({})", path.display())]
    Missing { path: PathBuf },
    #[error("can't read pidfile {}: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("pidfile {} holds '{content}', which is not a process id; remove it if no daemon runs", path.display())]
    NoProcessId { path: PathBuf, content: String },
}

/// A pidfile that is locked by us.
#[derive(Debug)]
pub(crate) struct Pidfile {
    file: File,
    path: PathBuf,
}

impl Pidfile {
    /// Creates or takes over a file and locks it. The lock belongs to the open
    /// file, so it goes along into the background.
    pub(crate) fn lock(path: &Path) -> Result<Self, PidfileError> {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let unwritable = |source| PidfileError::Unwritable { path: path.clone(), source };
        loop {
            let mut options = OpenOptions::new();
            let mut file =
                options.read(true).write(true).create(true).truncate(false).open(&path).map_err(unwritable)?;
            match file.try_lock() {
                // A daemon that just ended may have removed the file that we opened.
                Ok(()) if is_still_at(&file, &path) => return Ok(Self { file, path }),
                Ok(()) => {}
                Err(TryLockError::Error(source)) => return Err(unwritable(source)),
                Err(TryLockError::WouldBlock) => return Err(held(path, &mut file)),
            }
        }
    }

    /// Writes our process id, without a line break as the original does.
    pub(crate) fn write(&mut self) -> Result<(), PidfileError> {
        let write = |file: &mut File| {
            file.set_len(0)?;
            file.rewind()?;
            file.write_all(std::process::id().to_string().as_bytes())
        };
        write(&mut self.file).map_err(|source| PidfileError::Unwritable { path: self.path.clone(), source })
    }
}

fn is_still_at(file: &File, path: &Path) -> bool {
    let identity = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    file.metadata().map(identity).ok() == fs::metadata(path).map(identity).ok()
}

fn held(path: PathBuf, file: &mut File) -> PidfileError {
    let mut pid = String::new();
    // A file that cannot be read is locked all the same.
    let _ = file.read_to_string(&mut pid);
    let pid = if pid.trim().is_empty() { "unknown".to_owned() } else { pid.trim().to_owned() };
    PidfileError::Held { path, pid }
}

/// The process id in a file.
pub(crate) fn read(path: &Path) -> Result<Pid, PidfileError> {
    let content = match fs::read_to_string(path) {
        Ok(content) => content,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(PidfileError::Missing { path: path.to_owned() });
        }
        Err(source) => return Err(PidfileError::Unreadable { path: path.to_owned(), source }),
    };
    // 0, 1 and negative numbers would mean our group, init and all processes.
    match content.trim().parse() {
        Ok(pid) if pid > 1 => Ok(Pid::from_raw(pid)),
        _ => Err(PidfileError::NoProcessId { path: path.to_owned(), content: content.trim().to_owned() }),
    }
}

/// Removes the file if it holds our process id, no matter which process wrote it.
pub(crate) fn remove_if_ours(path: &Path) {
    if read(path).is_ok_and(|pid| pid == Pid::this())
        && let Err(error) = fs::remove_file(path)
    {
        tracing::warn!("can't remove pidfile {}: {error}; the next start takes it over", path.display());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_would_signal_more_than_one_process_are_refused() {
        let folder = std::env::temp_dir().join(format!("smokerd-pidfile-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a temporary folder");
        let path = folder.join("pid");
        for content in ["0", "1", "-1", "", "12 34", "x"] {
            fs::write(&path, content).expect("a writable folder");
            assert!(matches!(read(&path), Err(PidfileError::NoProcessId { .. })), "{content}");
        }
        fs::write(&path, "4242\n").expect("a writable folder");
        assert_eq!(read(&path).ok(), Some(Pid::from_raw(4242)));
        fs::remove_dir_all(&folder).expect("our own folder");
    }
}
