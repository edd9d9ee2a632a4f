//! The lock of a running daemon: a file beside the pidfile that its own account alone may open, with the process id in it.
//!
//! The kernel drops the lock with the process however that ends. Nobody else can hold it, because nobody else can open
//! the file; and one that another account has put there does not count.

use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::stat::{SFlag, fstat, mode_t};
use nix::unistd::{Pid, geteuid};
use smoker_paths::resolved_path::{self, ResolvedPath};

/// Its own account alone may read it, because who can open a file can lock it.
const MODE: mode_t = 0o600;

/// How often another account may put something into the name's place while we take it.
const MAX_ATTEMPTS: u32 = 20;

/// A process id is short.
const MAX_CONTENT: u64 = 64;

/// Why there is no lock.
#[derive(Debug)]
pub(crate) enum LockError {
    /// A daemon has it, with this process id if it has written one.
    Held(Option<Pid>),
    /// The file cannot be made or locked.
    Failed(io::Error),
}

/// Who holds the lock of a pidfile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holder {
    /// No process.
    None,
    /// A daemon; its process id is missing while it starts.
    Process(Option<Pid>),
    /// It belongs to another account, so we cannot tell.
    Hidden,
}

/// The lock, as long as this process lives.
#[derive(Debug)]
pub(crate) struct PidLock {
    file: File,
    place: ResolvedPath,
    is_new: bool,
    is_pidfile: bool,
}

impl PidLock {
    /// Takes the lock of a pidfile. An account that may write the pidfile but not make files beside it locks that itself.
    pub(crate) fn take(pidfile: &Path) -> Result<Self, LockError> {
        match Self::take_at(&path_of(pidfile), false) {
            Err(LockError::Failed(error))
                if !geteuid().is_root() && error.kind() == io::ErrorKind::PermissionDenied && pidfile.exists() =>
            {
                Self::take_at(pidfile, true)
            }
            taken => taken,
        }
    }

    fn take_at(path: &Path, is_pidfile: bool) -> Result<Self, LockError> {
        let place = ResolvedPath::of_name(path).map_err(LockError::Failed)?;
        for _ in 0..MAX_ATTEMPTS {
            let Some((mut file, is_new)) = opened(&place).map_err(LockError::Failed)? else { continue };
            if !is_pidfile && !is_ours(&file) {
                let text = format!("{} belongs to another account, or has a second name; remove it", path.display());
                if !geteuid().is_root() {
                    return Err(LockError::Failed(io::Error::other(text)));
                }
                place.remove().map_err(LockError::Failed)?;
                continue;
            }
            match file.try_lock() {
                // A daemon that just ended may have removed the file that we opened.
                Ok(()) if place.holds(&file) => {
                    // What an earlier daemon has left names no process of ours.
                    file.set_len(0).map_err(LockError::Failed)?;
                    return Ok(Self { file, place, is_new, is_pidfile });
                }
                Ok(()) => {}
                Err(TryLockError::Error(error)) => return Err(LockError::Failed(error)),
                Err(TryLockError::WouldBlock) => {
                    let content = read_content(&mut file).unwrap_or_default();
                    return Err(LockError::Held(parse(&content)));
                }
            }
        }
        Err(LockError::Failed(io::Error::other(format!("{} is changed all the time", path.display()))))
    }

    /// Whether there was no file before.
    pub(crate) fn is_new(&self) -> bool {
        self.is_new
    }

    /// Whether it is the pidfile itself.
    pub(crate) fn is_pidfile(&self) -> bool {
        self.is_pidfile
    }

    /// Writes the process id of the holder.
    pub(crate) fn write(&mut self, id: &str) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.file.write_all(id.as_bytes())
    }

    /// Removes the file. The next start does without.
    pub(crate) fn remove(&self) {
        if self.place.holds(&self.file) && !self.is_pidfile {
            let _ = self.place.remove();
        }
    }
}

/// The file of the lock: the pidfile's path with `.lock` behind it. Init scripts know it.
fn path_of(pidfile: &Path) -> PathBuf {
    let mut path = OsString::from(pidfile);
    path.push(".lock");
    path.into()
}

/// The file in a place, and whether it was made. A link or another thing that root finds there is removed: `None`.
fn opened(place: &ResolvedPath) -> io::Result<Option<(File, bool)>> {
    let flags = OFlag::O_RDWR | OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
    match place.open(flags | OFlag::O_CREAT | OFlag::O_EXCL, MODE) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        made => return made.map(|file| Some((file, true))),
    }
    match place.open(flags, 0) {
        Ok(file) => Ok(Some((file, false))),
        Err(error) if error.raw_os_error() == Some(Errno::ENOENT as i32) => Ok(None),
        Err(error) if error.raw_os_error() == Some(Errno::ELOOP as i32) && geteuid().is_root() => {
            place.remove().map(|()| None)
        }
        Err(error) => Err(error),
    }
}

/// Whether a file can only have been made by this account.
fn is_ours(file: &File) -> bool {
    fstat(file).is_ok_and(|stat| {
        resolved_path::kind(&stat) == SFlag::S_IFREG && stat.st_uid == geteuid().as_raw() && stat.st_nlink <= 1
    })
}

/// Whether another process has a lock on this file.
pub(crate) fn is_held(file: &File) -> bool {
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}

/// Who holds the lock of a pidfile.
pub(crate) fn holder(pidfile: &Path) -> Holder {
    let opened =
        ResolvedPath::of_name(&path_of(pidfile)).and_then(|place| place.open(OFlag::O_RDONLY | OFlag::O_NONBLOCK, 0));
    match opened {
        Ok(file) if is_ours(&file) && is_held(&file) => {
            Holder::Process(content_of(file).ok().and_then(|content| parse(&content)))
        }
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Holder::Hidden,
        _ => Holder::None,
    }
}

/// The beginning of a file, which is all of it when there is a process id in it.
pub(crate) fn content_of(mut file: File) -> io::Result<String> {
    if resolved_path::kind(&fstat(&file)?) != SFlag::S_IFREG {
        return Err(io::Error::other("it is not a file"));
    }
    read_content(&mut file)
}

fn read_content(file: &mut File) -> io::Result<String> {
    let mut content = Vec::new();
    file.take(MAX_CONTENT).read_to_end(&mut content)?;
    Ok(String::from_utf8_lossy(&content).into_owned())
}

/// A process id. 0, 1 and negative numbers would mean our group, init and all processes.
pub(crate) fn parse(content: &str) -> Option<Pid> {
    content.trim().parse().ok().filter(|pid| *pid > 1).map(Pid::from_raw)
}
