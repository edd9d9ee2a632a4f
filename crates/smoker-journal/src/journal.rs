//! Appends records.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use thiserror::Error;

use crate::disk::SegmentFile;
use crate::record::{TooLarge, encode};
use crate::segment::{self, Segment};
use crate::shared::{Shared, SyncError};

/// The one writer of a folder.
#[derive(Debug)]
pub struct Journal {
    pub(crate) shared: Arc<Shared>,
    /// The lock of the folder, held while the journal lives.
    pub(crate) _lock: File,
    pub(crate) active: Option<Active>,
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
}

/// Records that were not written. The next write tries again with the records that come then.
#[derive(Debug, Error)]
#[error("cannot write {}: {error}", path.display())]
pub struct WriteError {
    /// The segment.
    pub path: PathBuf,
    /// How many of the records were not written: the last ones.
    pub lost: usize,
    /// How many bytes these have.
    pub bytes: u64,
    /// Why.
    pub error: io::Error,
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
        if written.is_err() {
            self.shared.note.lose();
        }
        written
    }

    /// Looks whether the disk has room for this many bytes more, in a file that is removed again.
    ///
    /// # Errors
    ///
    /// When it has not, or segments cannot be begun.
    pub fn probe(&self, bytes: u64) -> io::Result<()> {
        self.pause()?;
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
        self.shared.note.complete(&*self.shared.disk)
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
        let Shared { folder, active: newest, .. } = &*self.shared;
        let next = Segment::new(folder, newest.load(Ordering::Relaxed) + 1).path;
        let none = |error| WriteError { path: next, lost: ends.len(), bytes: buffer.len() as u64, error };
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
        Err(WriteError { path, lost: ends.len() - whole, bytes: (buffer.len() - kept) as u64, error })
    }

    fn takes_more(&self, active: &Active, bytes: u64) -> bool {
        let is_full = active.length > 0 && active.length + bytes > self.segment_size;
        !is_full && !self.shared.has_failed(active.number)
    }

    /// An error while no segment is begun.
    fn pause(&self) -> io::Result<()> {
        let Some(pause) = self.shared.pause() else { return Ok(()) };
        let seconds = pause.as_secs() + 1;
        Err(io::Error::other(format!("its device failed to sync before; the next segment is begun in {seconds} s")))
    }

    fn begin_segment(&self) -> io::Result<Active> {
        self.pause()?;
        let Shared { folder, disk, active, .. } = &*self.shared;
        loop {
            let Segment { number, path } = Segment::new(folder, active.fetch_add(1, Ordering::Relaxed) + 1);
            match disk.create(&path) {
                Ok(file) => {
                    self.shared.made_segment();
                    return Ok(Active { number, path, file, length: 0 });
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
