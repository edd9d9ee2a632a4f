//! One daemon uses a state folder at a time: it holds a lock in it as long as it lives.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use nix::fcntl::OFlag;
use smoker_paths::append;
use smoker_paths::resolved_path::{Owner, ResolvedPath};
use thiserror::Error;

/// The name of the file in the state folder.
const FILE: &str = "lock";

/// How often the lock is tried, and the pause between two tries: a daemon that was killed just now may not be gone.
const TRIES: u32 = 40;
const PAUSE: Duration = Duration::from_millis(50);

/// The lock of a state folder. Dropping it lets another daemon use the folder.
#[derive(Debug)]
pub(crate) struct StateLock(File);

/// Another daemon uses the folder.
#[derive(Debug, Error)]
#[error("state_dir {} is used by another smokerd{}: stop that one, or give this one a state_dir of its own", path.display(), named(holder.as_deref()))]
pub(crate) struct InUse {
    path: PathBuf,
    /// The process id that the other daemon has noted.
    holder: Option<String>,
}

impl StateLock {
    /// Takes the lock. What is made for it belongs to `owner`, as the folder does.
    ///
    /// # Errors
    ///
    /// When another process holds it. The error within is why none can be had, as on a file system that has none or is read-only:
    /// the daemon goes on without it.
    pub(crate) fn take(state_dir: &Path, owner: Option<Owner>) -> Result<io::Result<Self>, InUse> {
        if !state_dir.is_dir() {
            return Ok(Err(io::ErrorKind::NotFound.into()));
        }
        let path = state_dir.join(FILE);
        let file = match open(&path, owner) {
            Ok(file) => file,
            Err(error) => return Ok(Err(error)),
        };
        for _ in 0..TRIES {
            match file.try_lock() {
                Ok(()) => return Ok(Ok(Self(file))),
                Err(TryLockError::WouldBlock) => sleep(PAUSE),
                Err(TryLockError::Error(error)) => return Ok(Err(error)),
            }
        }
        Err(InUse { path: state_dir.to_owned(), holder: read(&path) })
    }

    /// Notes the id of this process in it, for the message of a daemon that does not get it.
    pub(crate) fn note_process(&self) {
        let _ = self.0.set_len(0).and_then(|()| writeln!(&self.0, "{}", std::process::id()));
    }
}

/// Root follows no link there that the folder's account could have made.
fn open(path: &Path, owner: Option<Owner>) -> io::Result<File> {
    // A lock needs no more than to be read.
    append::open(path, owner).or_else(|_| open_to_read(path))
}

fn open_to_read(path: &Path) -> io::Result<File> {
    ResolvedPath::of(path)?.open(OFlag::O_RDONLY | OFlag::O_NONBLOCK, 0)
}

fn read(path: &Path) -> Option<String> {
    let mut text = String::new();
    open_to_read(path).ok()?.take(20).read_to_string(&mut text).ok()?;
    let text = text.trim();
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.to_owned())
}

fn named(holder: Option<&str>) -> String {
    holder.map(|pid| format!(" (process {pid})")).unwrap_or_default()
}
