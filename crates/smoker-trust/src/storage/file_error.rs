//! What goes wrong with a file.

use std::io;
use std::path::{Path, PathBuf};

/// A file or folder that cannot be used, with the reason and the next step.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {reason}", path.display())]
pub struct FileError {
    /// The file or folder.
    pub path: PathBuf,
    /// The reason and the next step.
    pub reason: String,
}

impl FileError {
    /// This path cannot be used for this reason.
    #[must_use]
    pub fn new(path: &Path, reason: impl Into<String>) -> Self {
        Self { path: path.to_owned(), reason: reason.into() }
    }

    /// The system refused to do this with the path.
    #[must_use]
    pub fn of_system(path: &Path, action: &str, error: &io::Error) -> Self {
        let cure = match error.kind() {
            io::ErrorKind::PermissionDenied => "run it as root or as the owner of the folder",
            io::ErrorKind::NotFound if action == "read" => "name a file that is there",
            io::ErrorKind::NotFound => "make the folder that it lies in",
            io::ErrorKind::StorageFull => "make room on the disk",
            io::ErrorKind::ReadOnlyFilesystem => "name a folder that can be written",
            _ => "look at the path and its owner",
        };
        Self::new(path, format!("it cannot be {action} ({error}); {cure}"))
    }
}
