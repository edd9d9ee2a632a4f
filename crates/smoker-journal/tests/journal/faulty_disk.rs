//! A disk that is full, or fails to write, cut or sync, when a test says so.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use smoker_journal::disk::{Disk, FileSystem, SegmentFile};

/// What fails. Clones are the same disk.
#[derive(Clone, Debug)]
pub(crate) struct FaultyDisk(Arc<Faults>);

#[derive(Debug)]
pub(crate) struct Faults {
    /// How many more bytes fit.
    pub(crate) room: AtomicUsize,
    pub(crate) fails_sync: AtomicBool,
    pub(crate) fails_truncate: AtomicBool,
    pub(crate) is_read_only: AtomicBool,
}

#[derive(Debug)]
struct FaultyFile(Arc<dyn SegmentFile>, Arc<Faults>);

impl FaultyDisk {
    /// A disk without faults.
    pub(crate) fn new() -> (Self, Arc<Faults>) {
        let faults = Arc::new(Faults {
            room: usize::MAX.into(),
            fails_sync: false.into(),
            fails_truncate: false.into(),
            is_read_only: false.into(),
        });
        (Self(Arc::clone(&faults)), faults)
    }

    fn check(&self) -> io::Result<()> {
        if self.0.is_read_only.load(Ordering::Relaxed) { Err(io::ErrorKind::ReadOnlyFilesystem.into()) } else { Ok(()) }
    }
}

impl Disk for FaultyDisk {
    fn create(&self, path: &Path) -> io::Result<Arc<dyn SegmentFile>> {
        self.check()?;
        Ok(Arc::new(FaultyFile(FileSystem.create(path)?, Arc::clone(&self.0))))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn SegmentFile>> {
        self.check()?;
        Ok(Arc::new(FaultyFile(FileSystem.open(path)?, Arc::clone(&self.0))))
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        FileSystem.sync_folder(path)
    }
}

impl SegmentFile for FaultyFile {
    fn append(&self, bytes: &[u8]) -> io::Result<usize> {
        let room = self.1.room.load(Ordering::Relaxed);
        let written = bytes.len().min(room);
        if written == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.1.room.store(room - written, Ordering::Relaxed);
        self.0.append(&bytes[..written])
    }

    fn sync(&self) -> io::Result<()> {
        if self.1.fails_sync.load(Ordering::Relaxed) { Err(io::Error::other("EIO")) } else { self.0.sync() }
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        if self.1.fails_truncate.load(Ordering::Relaxed) {
            Err(io::Error::other("EIO"))
        } else {
            self.0.truncate(length)
        }
    }
}
