//! Appends records.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use thiserror::Error;

use crate::disk::SegmentFile;
use crate::files::lock::{Lock, NotLocked};
use crate::files::segment::{self, Segment};
use crate::record::{TooLarge, encode};
use crate::shared::{Shared, SyncError};

/// How often it is looked whether the segment that is written is still the one that has its name.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);

/// The one writer of a folder.
#[derive(Debug)]
pub struct Journal {
    pub(crate) shared: Arc<Shared>,
    /// The lock of the folder, held while the journal lives; none when it could not be taken yet.
    pub(crate) lock: Option<Lock>,
    pub(crate) active: Option<Active>,
    /// A segment that was removed while it was written.
    pub(crate) removed: Option<PathBuf>,
    /// The newest record among those that are to be written.
    pub(crate) pushed: u64,
    /// From this size on the next record begins another segment.
    pub(crate) segment_size: u64,
    /// Records that are to be written.
    pub(crate) buffer: Vec<u8>,
    /// The end of each of them.
    pub(crate) ends: Vec<usize>,
}

/// The segment that is written.
#[derive(Debug)]
pub(crate) struct Active {
    pub(crate) number: u64,
    pub(crate) path: PathBuf,
    pub(crate) file: Arc<dyn SegmentFile>,
    pub(crate) length: u64,
    /// When it was looked at last.
    pub(crate) looked_at: Instant,
}

/// Records that were not written. The next write tries again with the records that come then; [`Journal::insert`] puts these into
/// their places later.
#[derive(Debug, Error)]
#[error("cannot write {}: {error}", path.display())]
pub struct WriteError {
    /// The segment.
    pub path: PathBuf,
    /// How many of the records were not written: the last ones.
    pub lost: usize,
    /// These, as [`encode`] made them.
    pub records: Vec<u8>,
    /// Why.
    pub error: io::Error,
}

impl Active {
    pub(crate) fn new(number: u64, path: PathBuf, file: Arc<dyn SegmentFile>, length: u64) -> Self {
        Self { number, path, file, length, looked_at: Instant::now() }
    }
}

impl Journal {
    /// Adds a record to those that [`Journal::write`] writes. Numbers have to grow from record to record. The payload is
    /// what its parts are together.
    ///
    /// # Errors
    ///
    /// When the record is too large; nothing is added then.
    pub fn push(&mut self, sequence: u64, tag: &[u8], payload: &[&[u8]]) -> Result<(), TooLarge> {
        encode(&mut self.buffer, sequence, tag, payload)?;
        self.ends.push(self.buffer.len());
        self.pushed = sequence;
        Ok(())
    }

    /// How many records were added and are not written.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.ends.len()
    }

    /// The bytes of all segments.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.shared.size.load(Ordering::Relaxed)
    }

    /// Writes all records that were added, with one `write(2)` where the system takes all at once. After it they survive
    /// the end of this process, after [`Journal::sync`] that of the machine.
    ///
    /// # Errors
    ///
    /// When a record was not written. What was written of it is cut off.
    pub fn write(&mut self) -> Result<(), WriteError> {
        let (buffer, ends) = (std::mem::take(&mut self.buffer), std::mem::take(&mut self.ends));
        let written = if ends.is_empty() { Ok(()) } else { self.write_records(&buffer, &ends) };
        // The memory is used again, but for that of an unusually large record.
        if buffer.capacity() <= 1 << 20 {
            (self.buffer, self.ends) = (buffer, ends);
            self.buffer.clear();
            self.ends.clear();
        }
        match &written {
            Ok(()) => self.shared.newest.store(self.pushed, Ordering::Relaxed),
            Err(_) => self.shared.note.lose(),
        }
        written
    }

    /// A segment that was removed, or replaced, while it was written, since this was asked last. What it had has been written again.
    pub fn take_removed(&mut self) -> Option<PathBuf> {
        self.removed.take()
    }

    /// Looks whether the disk has room for this many bytes more, in a file that is removed again.
    ///
    /// # Errors
    ///
    /// When it has not, or segments cannot be begun.
    pub fn probe(&mut self, bytes: u64) -> io::Result<()> {
        self.make_folder()?;
        let path = segment::probe_path(&self.shared.folder);
        let _ = fs::remove_file(&path);
        let file = self.shared.disk.create(&path)?;
        let zeros = vec![0; 64 << 10];
        let mut left = bytes;
        let mut outcome = Ok(());
        while left > 0 && outcome.is_ok() {
            let part = left.min(zeros.len() as u64);
            outcome = append_all(&*file, &zeros[..usize::try_from(part).unwrap_or(zeros.len())]).1.map_or(Ok(()), Err);
            left -= part;
        }
        drop(file);
        fs::remove_file(&path)?;
        outcome
    }

    /// Notes that all records that a reader may know of are there: those that were not written have no successors that were
    /// given their numbers. A record that cannot be written takes the note back.
    ///
    /// # Errors
    ///
    /// When the note cannot be written.
    pub fn declare_complete(&self) -> io::Result<()> {
        self.shared.note.complete(&*self.shared.disk, self.shared.newest())
    }

    /// As [`Self::declare_complete`], but waits for no device: a machine that stops before that is called may have the note of before.
    ///
    /// # Errors
    ///
    /// When the note cannot be written.
    pub fn declare_complete_unsynced(&self) -> io::Result<()> {
        self.shared.note.complete_unsynced(self.shared.newest())
    }

    /// Takes that note back: records may be missing.
    pub fn declare_incomplete(&self) {
        self.shared.note.lose();
    }

    /// Syncs all that was written.
    ///
    /// # Errors
    ///
    /// When a sync fails. The segment is not written again.
    pub fn sync(&self) -> Result<(), SyncError> {
        self.shared.sync().map(drop)
    }

    fn write_records(&mut self, buffer: &[u8], ends: &[usize]) -> Result<(), WriteError> {
        let next = Segment::new(&self.shared.folder, self.shared.active.load(Ordering::Relaxed) + 1).path;
        let none = |error| WriteError { path: next, lost: ends.len(), records: buffer.to_vec(), error };
        if let Err(error) = self.look() {
            return Err(none(error));
        }
        let active = match self.active.take().filter(|active| self.takes_more(active, buffer.len() as u64)) {
            Some(active) => active,
            None => self.begin_segment().map_err(none)?,
        };
        let active = self.active.insert(active);
        let is_begun = active.length > 0;
        let (written, error) = append_all(&*active.file, buffer);
        let whole = ends.partition_point(|end| *end <= written);
        let kept = if whole == 0 { 0 } else { ends[whole - 1] };
        self.shared.wrote(active.number, &active.path, &active.file);
        let Some(error) = error else {
            active.length += written as u64;
            self.shared.grow(written as u64);
            return Ok(());
        };
        let path = active.path.clone();
        let is_cut = written == kept || active.file.truncate(active.length + kept as u64).is_ok();
        active.length += kept as u64;
        self.shared.grow(kept as u64);
        if !is_cut {
            // Readers find their way behind the half record; nothing is appended to it.
            self.active = None;
        }
        if error.kind() == io::ErrorKind::FileTooLarge && (is_begun || whole > 0) {
            // The system bounds files below the size of a segment: what is left goes into the next one.
            self.active = None;
            let left: Vec<usize> = ends[whole..].iter().map(|end| end - kept).collect();
            return self.write_records(&buffer[kept..], &left);
        }
        Err(WriteError { path, lost: ends.len() - whole, records: buffer[kept..].to_vec(), error })
    }

    fn takes_more(&self, active: &Active, bytes: u64) -> bool {
        let is_full = active.length > 0 && active.length + bytes > self.segment_size;
        !is_full && !self.shared.has_failed(active.number)
    }

    /// Looks whether the segment that is written has been removed. What it had is written to another one then: nothing that is appended
    /// to a file without a name is ever found again.
    fn look(&mut self) -> io::Result<()> {
        let Some(active) = self.active.take_if(|active| active.looked_at.elapsed() >= LOOK_INTERVAL) else {
            return Ok(());
        };
        if active.file.is_at(&active.path) {
            self.active = Some(Active { looked_at: Instant::now(), ..active });
            return Ok(());
        }
        self.shared.note.lose();
        let content = active.file.content();
        self.removed = Some(active.path);
        // The folder may be another one.
        self.lock = None;
        self.make_folder()?;
        let segments = segment::list(&self.shared.folder)?;
        let newest = segments.last().map_or(0, |segment| segment.number);
        self.shared.active.fetch_max(newest, Ordering::Relaxed);
        self.shared.size.store(segments.iter().map(Segment::size).sum(), Ordering::Relaxed);
        let content = content?;
        let mut active = self.begin_segment()?;
        let (written, error) = append_all(&*active.file, &content);
        active.length = written as u64;
        self.shared.grow(active.length);
        self.shared.wrote(active.number, &active.path, &active.file);
        // A half record is passed over by readers, and nothing is appended to it.
        self.active = if error.is_none() { Some(active) } else { None };
        error.map_or(Ok(()), Err)
    }

    /// Makes the folder and takes its lock, where that has not been possible before.
    pub(crate) fn make_folder(&mut self) -> io::Result<()> {
        if self.lock.is_none() {
            let lock = Lock::take(&self.shared.folder).map_err(|error| match error {
                NotLocked::InUse => io::Error::other("its folder is used by another process"),
                NotLocked::Failed(error) => error,
            })?;
            self.lock = Some(lock);
        }
        Ok(())
    }

    fn begin_segment(&mut self) -> io::Result<Active> {
        self.make_folder()?;
        match self.create_segment() {
            // Somebody has removed the folder.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.lock = None;
                self.make_folder()?;
                self.create_segment()
            }
            created => created,
        }
    }

    fn create_segment(&self) -> io::Result<Active> {
        let Shared { folder, disk, active, .. } = &*self.shared;
        loop {
            let Segment { number, path } = Segment::new(folder, active.fetch_add(1, Ordering::Relaxed) + 1);
            match disk.create(&path) {
                Ok(file) => {
                    self.shared.made_segment();
                    self.shared.note.began(self.shared.newest());
                    return Ok(Active::new(number, path, file, 0));
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => {
                    active.fetch_sub(1, Ordering::Relaxed);
                    return Err(error);
                }
            }
        }
    }
}

/// Returns how many bytes were written, and why it ended before all were.
fn append_all(file: &dyn SegmentFile, bytes: &[u8]) -> (usize, Option<io::Error>) {
    let mut written = 0;
    while written < bytes.len() {
        match file.append(&bytes[written..]) {
            Ok(0) => return (written, Some(io::ErrorKind::WriteZero.into())),
            Ok(count) => written += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (written, Some(error)),
        }
    }
    (written, None)
}
