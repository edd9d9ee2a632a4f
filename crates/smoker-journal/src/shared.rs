//! What both parts of the writer know.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use thiserror::Error;

use crate::completeness::{Newest, Note};
use crate::disk::{Disk, SegmentFile};

/// The longest time between a failed sync and the next one.
const MAX_PAUSE: Duration = Duration::from_secs(60);

/// A sync failed: records that were written since the last one may be lost when the machine stops.
#[derive(Debug, Error)]
#[error("cannot sync {path}: {error}")]
pub struct SyncError {
    /// The segment, or the folder.
    pub path: PathBuf,
    /// Why.
    pub error: io::Error,
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) folder: PathBuf,
    pub(crate) disk: Arc<dyn Disk>,
    /// The bytes of all segments.
    pub(crate) size: AtomicU64,
    /// The number of the segment that is or will be written; those before it are not written any more.
    pub(crate) active: AtomicU64,
    pub(crate) note: Note,
    /// The number of the newest record that was written.
    pub(crate) newest: AtomicU64,
    /// Held by who writes old segments again.
    pub(crate) rewriting: Mutex<()>,
    unsynced: Mutex<Unsynced>,
}

#[derive(Debug, Default)]
struct Unsynced {
    segments: Vec<(u64, PathBuf, Arc<dyn SegmentFile>)>,
    /// Whether a segment was made.
    folder: bool,
    /// The newest segment whose sync failed: nobody knows what of it is on the device, and a later sync would not tell.
    failed: Option<u64>,
    /// How many syncs in a row failed.
    failures: u32,
    /// When the device is asked again.
    resume: Option<Instant>,
}

impl Shared {
    pub(crate) fn new(folder: PathBuf, disk: Arc<dyn Disk>, note: Note, size: u64, newest: Newest) -> Self {
        let Newest { segment, sequence } = newest;
        let (size, active, newest) = (size.into(), segment.into(), sequence.into());
        Self { folder, disk, size, active, note, newest, rewriting: Mutex::default(), unsynced: Mutex::default() }
    }

    /// The newest segment and record.
    pub(crate) fn newest(&self) -> Newest {
        Newest { segment: self.active.load(Ordering::Relaxed), sequence: self.newest.load(Ordering::Relaxed) }
    }

    /// There is something to sync.
    pub(crate) fn wrote(&self, number: u64, path: &Path, file: &Arc<dyn SegmentFile>) {
        let mut unsynced = self.lock();
        if !unsynced.segments.iter().any(|(other, ..)| *other == number) {
            unsynced.segments.push((number, path.to_owned(), Arc::clone(file)));
        }
    }

    /// A segment was made.
    pub(crate) fn made_segment(&self) {
        self.lock().folder = true;
    }

    /// Whether the sync of this segment has failed.
    pub(crate) fn has_failed(&self, number: u64) -> bool {
        self.lock().failed.is_some_and(|failed| failed >= number)
    }

    /// Syncs all that was written before the call. Returns whether there was anything. A device that goes on failing is left alone for
    /// a while: what was written stays unsynced meanwhile.
    pub(crate) fn sync(&self) -> Result<bool, SyncError> {
        let mut unsynced = self.lock();
        if let Some(pause) = unsynced.resume.and_then(|resume| resume.checked_duration_since(Instant::now())) {
            let text = format!("its device failed to sync before, and is asked again in {} s", pause.as_secs() + 1);
            let path = unsynced.segments.last().map_or_else(|| self.folder.clone(), |(_, path, _)| path.clone());
            return Err(SyncError { path, error: io::Error::other(text) });
        }
        let segments = std::mem::take(&mut unsynced.segments);
        let folder = std::mem::take(&mut unsynced.folder);
        drop(unsynced);
        let mut result = Ok(folder || !segments.is_empty());
        let has_segments = !segments.is_empty();
        if folder && let Err(error) = self.disk.sync_folder(&self.folder) {
            self.lock().folder = true;
            result = Err(SyncError { path: self.folder.clone(), error });
        }
        for (number, path, file) in segments {
            if let Err(error) = file.sync() {
                self.sync_failed(number);
                result = Err(SyncError { path, error });
            }
        }
        if has_segments && result.is_ok() {
            let mut unsynced = self.lock();
            unsynced.failures = 0;
            unsynced.resume = None;
        }
        result
    }

    fn sync_failed(&self, number: u64) {
        self.note.lose();
        let mut unsynced = self.lock();
        unsynced.failed = unsynced.failed.max(Some(number));
        // Nothing is written to that segment again, and each failure costs one: a device that goes on failing must not fill the folder
        // with segments.
        let pause = match unsynced.failures {
            0 => Duration::ZERO,
            failures => Duration::from_secs(1 << (failures - 1).min(6)).min(MAX_PAUSE),
        };
        unsynced.failures += 1;
        unsynced.resume = Instant::now().checked_add(pause);
    }

    /// Writes a file that is renamed afterwards, and syncs it.
    pub(crate) fn write_new(&self, path: &Path, mut bytes: &[u8]) -> io::Result<()> {
        let _ = fs::remove_file(path);
        let file = self.disk.create(path)?;
        while !bytes.is_empty() {
            match file.append(bytes) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => bytes = &bytes[count..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        file.sync()
    }

    pub(crate) fn grow(&self, bytes: u64) {
        self.size.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(crate) fn shrink(&self, bytes: u64) {
        let _ = self.size.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |size| Some(size.saturating_sub(bytes)));
    }

    fn lock(&self) -> MutexGuard<'_, Unsynced> {
        self.unsynced.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
