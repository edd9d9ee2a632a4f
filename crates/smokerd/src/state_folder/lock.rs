//! One daemon uses a state folder at a time: it holds a lock in it as long as it lives.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use smoker_paths::resolved_path::Owner;
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
    /// Takes the lock. What is made for it belongs to `owner`, as the folder does. Without a lock the daemon goes on where none can
    /// be had, as on a file system that has none or is read-only; that is returned as none.
    ///
    /// # Errors
    ///
    /// When another process holds it.
    pub(crate) fn take(state_dir: &Path, owner: Option<Owner>) -> Result<Option<Self>, InUse> {
        let Ok(file) = open(&state_dir.join(FILE), owner) else { return Ok(None) };
        for _ in 0..TRIES {
            match file.try_lock() {
                Ok(()) => return Ok(Some(Self(file))),
                Err(TryLockError::WouldBlock) => sleep(PAUSE),
                Err(TryLockError::Error(_)) => return Ok(None),
            }
        }
        Err(InUse { path: state_dir.to_owned(), holder: read(&file) })
    }

    /// Notes the id of this process in it, for the message of a daemon that does not get it.
    pub(crate) fn note_process(&self) {
        let text = format!("{}\n", std::process::id());
        let _ = self.0.set_len(0).and_then(|()| self.0.write_all_at(text.as_bytes(), 0));
    }
}

fn open(path: &Path, owner: Option<Owner>) -> io::Result<File> {
    let writable = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path);
    // A lock needs no more than that.
    let Ok(file) = writable else { return File::open(path) };
    if let Some((user, group)) = owner {
        // Others than root cannot, and need not.
        let _ = fchown(&file, Some(user), Some(group));
    }
    Ok(file)
}

fn read(file: &File) -> Option<String> {
    let mut text = String::new();
    file.take(20).read_to_string(&mut text).ok()?;
    let text = text.trim();
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.to_owned())
}

fn named(holder: Option<&str>) -> String {
    holder.map(|pid| format!(" (process {pid})")).unwrap_or_default()
}
