//! Regular files of a bounded size: where something else lies, or more than there can be, it is not read.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use nix::fcntl::OFlag;
use nix::sys::stat::{FileStat, SFlag, fstat, mode_t};
use smoker_paths::regular;
use smoker_paths::resolved_path::{ResolvedPath, kind};

use crate::storage::file_error::FileError;

/// No key, no certificate and no list of either is larger, in bytes.
pub const MAX_BYTES: u64 = 1 << 20;

/// A file that is open, as it was when it was opened.
#[derive(Debug)]
pub(crate) struct OpenFile {
    file: File,
    pub(crate) stat: FileStat,
}

/// Opens the file at a place, which `path` names in messages; `None` when nothing is there.
///
/// # Errors
///
/// When it cannot be opened, or is no regular file.
pub(crate) fn open(path: &Path, place: &ResolvedPath) -> Result<Option<OpenFile>, FileError> {
    let failed = |error: &io::Error| FileError::of_system(path, "read", error);
    let file = match place.open(OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_NOCTTY, 0) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(&error)),
    };
    let stat = fstat(&file).map_err(|error| failed(&error.into()))?;
    if kind(&stat) != SFlag::S_IFREG {
        return Err(FileError::new(path, "it is no regular file; remove it, or put a file in its place"));
    }
    Ok(Some(OpenFile { file, stat }))
}

/// Opens a file that the user or the configuration names.
///
/// # Errors
///
/// When it cannot be opened, or is no regular file.
pub(crate) fn open_named(path: &Path) -> Result<OpenFile, FileError> {
    let failed = |error: &io::Error| FileError::of_system(path, "read", error);
    let file = regular::open(path).map_err(|error| failed(&error))?;
    let stat = fstat(&file).map_err(|error| failed(&error.into()))?;
    Ok(OpenFile { file, stat })
}

impl OpenFile {
    /// Its bits of the mode, without its kind.
    pub(crate) fn mode(&self) -> mode_t {
        self.stat.st_mode & 0o7777
    }

    /// Reads it whole; `path` names it in messages.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or is larger than this many bytes.
    pub(crate) fn read(self, path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
        let mut content = Vec::new();
        let read = self.file.take(limit + 1).read_to_end(&mut content);
        read.map_err(|error| FileError::of_system(path, "read", &error))?;
        if content.len() as u64 > limit {
            return Err(FileError::new(path, format!("it is larger than {limit} bytes; name the right file")));
        }
        Ok(content)
    }
}
