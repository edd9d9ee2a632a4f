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
    /// How many bytes a file may have.
    pub(crate) file_limit: AtomicUsize,
    pub(crate) fails_sync: AtomicBool,
    pub(crate) fails_truncate: AtomicBool,
    pub(crate) is_read_only: AtomicBool,
}

#[derive(Debug)]
struct FaultyFile {
    file: Arc<dyn SegmentFile>,
    length: AtomicUsize,
    faults: Arc<Faults>,
}

impl FaultyDisk {
    /// A disk without faults.
    pub(crate) fn new() -> (Self, Arc<Faults>) {
        let faults = Arc::new(Faults {
            room: usize::MAX.into(),
            file_limit: usize::MAX.into(),
            fails_sync: false.into(),
            fails_truncate: false.into(),
            is_read_only: false.into(),
        });
        (Self(Arc::clone(&faults)), faults)
    }

    fn faulty(&self, file: Arc<dyn SegmentFile>, length: usize) -> Arc<dyn SegmentFile> {
        Arc::new(FaultyFile { file, length: length.into(), faults: Arc::clone(&self.0) })
    }

    fn check(&self) -> io::Result<()> {
        if self.0.is_read_only.load(Ordering::Relaxed) { Err(io::ErrorKind::ReadOnlyFilesystem.into()) } else { Ok(()) }
    }
}

impl Disk for FaultyDisk {
    fn create(&self, path: &Path) -> io::Result<Arc<dyn SegmentFile>> {
        self.check()?;
        Ok(self.faulty(FileSystem.create(path)?, 0))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn SegmentFile>> {
        self.check()?;
        let length = std::fs::metadata(path)?.len();
        Ok(self.faulty(FileSystem.open(path)?, usize::try_from(length).unwrap_or(usize::MAX)))
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        FileSystem.sync_folder(path)
    }
}

impl SegmentFile for FaultyFile {
    fn append(&self, bytes: &[u8]) -> io::Result<usize> {
        let (room, length) = (self.faults.room.load(Ordering::Relaxed), self.length.load(Ordering::Relaxed));
        let left = self.faults.file_limit.load(Ordering::Relaxed).saturating_sub(length);
        let written = bytes.len().min(room).min(left);
        if written == 0 {
            let kind = if left == 0 { io::ErrorKind::FileTooLarge } else { io::ErrorKind::StorageFull };
            return Err(kind.into());
        }
        self.faults.room.store(room - written, Ordering::Relaxed);
        self.length.store(length + written, Ordering::Relaxed);
        self.file.append(&bytes[..written])
    }

    fn sync(&self) -> io::Result<()> {
        if self.faults.fails_sync.load(Ordering::Relaxed) { Err(io::Error::other("EIO")) } else { self.file.sync() }
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        if self.faults.fails_truncate.load(Ordering::Relaxed) {
            Err(io::Error::other("EIO"))
        } else {
            self.length.store(usize::try_from(length).unwrap_or(usize::MAX), Ordering::Relaxed);
            self.file.truncate(length)
        }
    }

    fn is_at(&self, path: &Path) -> bool {
        self.file.is_at(path)
    }

    fn content(&self) -> io::Result<Vec<u8>> {
        self.file.content()
    }
}
