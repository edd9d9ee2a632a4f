//! One writer at a time.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use crate::files::regular::open_file;

/// The lock of a folder, held until it is dropped. The folder itself is locked, since a file in it can be removed and made again,
/// and a file, which is what writers of earlier versions look at.
#[derive(Debug)]
pub(crate) struct Lock {
    _folder: Option<File>,
    _file: Option<File>,
}

/// Why there is none.
#[derive(Debug)]
pub(crate) enum NotLocked {
    /// Another writer has it.
    InUse,
    /// The folder cannot be used.
    Failed(io::Error),
}

impl Lock {
    /// Takes it. Makes the folder if it is not there. One of both locks is enough: a disk that is full or read-only may have no file, and
    /// some network file systems lock no folders.
    pub(crate) fn take(folder: &Path) -> Result<Self, NotLocked> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(NotLocked::Failed)?;
        let own = locked(File::open(folder).map_err(NotLocked::Failed)?);
        if let Err(NotLocked::InUse) = own {
            return Err(NotLocked::InUse);
        }
        let path = folder.join("lock");
        let file = open_file(OpenOptions::new().write(true).create(true).truncate(false).mode(0o600), &path)
            .or_else(|_| open_file(OpenOptions::new().read(true), &path));
        match (own, file.map_err(NotLocked::Failed).and_then(locked)) {
            (_, Err(NotLocked::InUse)) => Err(NotLocked::InUse),
            (Err(error), Err(_)) => Err(error),
            (own, file) => Ok(Self { _folder: own.ok(), _file: file.ok() }),
        }
    }
}

fn locked(file: File) -> Result<File, NotLocked> {
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(NotLocked::InUse),
        Err(TryLockError::Error(error)) => Err(NotLocked::Failed(error)),
    }
}
