//! What the journal does to its files, behind a trait: a test puts a disk that is full or broken in its place.

use std::fmt::Debug;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use crate::segment;

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
}

/// The file system.
#[derive(Clone, Copy, Debug)]
pub struct FileSystem;

impl Disk for FileSystem {
    fn create(&self, path: &Path) -> io::Result<Arc<dyn SegmentFile>> {
        // Results may show what only the account of the daemon may read.
        Ok(Arc::new(OpenOptions::new().append(true).create_new(true).mode(0o600).open(path)?))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn SegmentFile>> {
        Ok(Arc::new(segment::open_file(OpenOptions::new().append(true), path)?))
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
}
