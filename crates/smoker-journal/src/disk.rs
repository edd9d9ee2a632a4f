//! What the journal does to its files, behind a trait: a test puts a disk that is full or broken in its place.

use std::fmt::Debug;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;

use crate::files::regular::open_file;

/// Makes and opens segments.
pub trait Disk: Debug + Send + Sync {
    /// Makes a file that does not exist yet.
    ///
    /// # Errors
    ///
    /// Those of `open(2)`.
    fn create(&self, path: &Path) -> io::Result<Arc<dyn SegmentFile>>;

    /// Opens an existing file to append to it.
    ///
    /// # Errors
    ///
    /// Those of `open(2)`.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn SegmentFile>>;

    /// Writes the entries of a folder to the device.
    ///
    /// # Errors
    ///
    /// Those of `fsync(2)`.
    fn sync_folder(&self, path: &Path) -> io::Result<()>;
}

/// A segment that is written.
pub trait SegmentFile: Debug + Send + Sync {
    /// One `write(2)` at the end of the file; returns how many bytes were written.
    ///
    /// # Errors
    ///
    /// Those of `write(2)`.
    fn append(&self, bytes: &[u8]) -> io::Result<usize>;

    /// Writes the content to the device.
    ///
    /// # Errors
    ///
    /// Those of `fdatasync(2)`.
    fn sync(&self) -> io::Result<()>;

    /// Cuts the file.
    ///
    /// # Errors
    ///
    /// Those of `ftruncate(2)`.
    fn truncate(&self, length: u64) -> io::Result<()>;

    /// Whether the file is the one that has this name: somebody may have removed it, or put another one in its place. True where that
    /// cannot be found out.
    fn is_at(&self, path: &Path) -> bool;

    /// All that the file has.
    ///
    /// # Errors
    ///
    /// Those of `read(2)`.
    fn content(&self) -> io::Result<Vec<u8>>;
}

/// The file system.
#[derive(Clone, Copy, Debug)]
pub struct FileSystem;

impl Disk for FileSystem {
    fn create(&self, path: &Path) -> io::Result<Arc<dyn SegmentFile>> {
        // Results may show what only the account of the daemon may read.
        Ok(Arc::new(OpenOptions::new().read(true).append(true).create_new(true).mode(0o600).open(path)?))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn SegmentFile>> {
        Ok(Arc::new(open_file(OpenOptions::new().read(true).append(true), path)?))
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }
}

impl SegmentFile for File {
    fn append(&self, bytes: &[u8]) -> io::Result<usize> {
        let mut file = self;
        file.write(bytes)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }

    fn is_at(&self, path: &Path) -> bool {
        match (self.metadata(), fs::symlink_metadata(path)) {
            (Ok(own), Ok(other)) => (own.dev(), own.ino()) == (other.dev(), other.ino()),
            (_, Err(error)) => error.kind() != io::ErrorKind::NotFound,
            (Err(_), Ok(_)) => true,
        }
    }

    fn content(&self) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; usize::try_from(self.metadata()?.len()).unwrap_or(0)];
        self.read_exact_at(&mut bytes, 0)?;
        Ok(bytes)
    }
}
