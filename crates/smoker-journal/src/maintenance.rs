//! Syncs what was written, and keeps the bound on the size.

use std::fs;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::content::{Content, Entry};
use crate::segment::{self, Segment};
use crate::shared::{Shared, SyncError};

/// The part of the writer that may wait for the disk. It only touches segments that are no longer appended to.
#[derive(Debug)]
pub struct Maintenance {
    shared: Arc<Shared>,
    max_size: u64,
    segment_size: u64,
    /// Up to this number segments have only records that were to be kept.
    rewritten: u64,
    /// When these take more than this many bytes together, they are rewritten again.
    limit: u64,
}

/// What was done to keep the bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compacted {
    /// How many records were dropped.
    pub dropped: u64,
    /// How many segments were dropped with records that were to be kept, because those take too much of the bound.
    pub kept_dropped: u64,
}

impl Maintenance {
    pub(crate) fn new(shared: Arc<Shared>, max_size: u64, segment_size: u64) -> Self {
        Self { shared, max_size, segment_size, rewritten: 0, limit: max_size / 4 }
    }

    /// Changes the bound on the size of all segments, in bytes.
    pub fn set_max_size(&mut self, max_size: u64) {
        (self.max_size, self.limit) = (max_size, max_size / 4);
    }

    /// Syncs all that was written before the call. Returns whether there was anything.
    ///
    /// # Errors
    ///
    /// When a sync fails. The segment is not written again.
    pub fn sync(&self) -> Result<bool, SyncError> {
        self.shared.sync()
    }

    /// The bytes of all segments.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.shared.size.load(Ordering::Relaxed)
    }

    /// Notes that what was written is synced, unless records are missing: the next start of the machine finds all of them.
    ///
    /// # Errors
    ///
    /// When the note cannot be written.
    pub fn declare_synced(&self) -> io::Result<()> {
        self.shared.note.synced(&*self.shared.disk)
    }

    pub(crate) fn folder(&self) -> &std::path::Path {
        &self.shared.folder
    }

    /// A segment of this size is gone.
    pub(crate) fn removed(&self, bytes: u64) {
        self.shared.shrink(bytes);
    }

    /// Whether the journal is larger than it may be.
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        self.size() > self.max_size
    }

    /// Drops the oldest records, but for those that `keep` wants, until the journal is as small as it has to be. The bound
    /// comes first: records to keep take half of it at most, and then the oldest of them are dropped, too.
    ///
    /// # Errors
    ///
    /// When a segment cannot be read or written. It stays as it is.
    pub fn compact(&mut self, mut keep: impl FnMut(&Entry) -> bool) -> io::Result<Compacted> {
        let mut done = Compacted::default();
        while self.is_too_large() {
            let old = self.unwritten()?;
            let (rewritten, rest): (Vec<_>, Vec<_>) = old.into_iter().partition(|it| it.number <= self.rewritten);
            if sizes(&rewritten) > self.limit {
                self.rewrite(&rewritten, &mut keep, &mut done)?;
                let mut left = self.unwritten()?;
                left.retain(|segment| segment.number <= self.rewritten);
                while sizes(&left) > self.max_size / 2 {
                    self.drop_segment(&left.remove(0), &mut done)?;
                }
                let size = sizes(&left);
                self.limit = (size + size / 2).max(self.max_size / 4).min(self.max_size / 2);
            } else if let Some(next) = rest.into_iter().next() {
                let last = rewritten.into_iter().next_back().filter(|last| last.size() < self.segment_size / 2);
                let number = next.number;
                let segments: Vec<_> = last.into_iter().chain([next]).collect();
                self.rewrite(&segments, &mut keep, &mut done)?;
                self.rewritten = number;
            } else if let Some(oldest) = rewritten.into_iter().next() {
                self.drop_segment(&oldest, &mut done)?;
            } else {
                break;
            }
        }
        Ok(done)
    }

    /// The segments that are no longer written, oldest first.
    fn unwritten(&self) -> io::Result<Vec<Segment>> {
        let mut segments = segment::list(&self.shared.folder)?;
        let active = self.shared.active.load(Ordering::Relaxed);
        segments.retain(|segment| segment.number < active);
        Ok(segments)
    }

    fn drop_segment(&self, segment: &Segment, done: &mut Compacted) -> io::Result<()> {
        let size = segment.size();
        fs::remove_file(&segment.path)?;
        self.shared.shrink(size);
        done.kept_dropped += 1;
        Ok(())
    }

    /// Writes segments again with the records that `keep` wants, as fewer ones where these fit.
    fn rewrite(
        &self,
        segments: &[Segment],
        keep: &mut impl FnMut(&Entry) -> bool,
        done: &mut Compacted,
    ) -> io::Result<()> {
        let (mut read, mut kept, mut newest) = (Vec::<&Segment>::new(), Vec::new(), 0);
        for (at, segment) in segments.iter().enumerate() {
            let content = Content::load(segment)?;
            if !content.damage.is_empty() || content.torn.is_some() {
                segment.keep_damaged(&self.shared.folder, self.max_size)?;
            }
            for entry in content.entries() {
                // What an older segment had before has been written already.
                let is_kept = entry.sequence() > newest && keep(&entry);
                newest = newest.max(entry.sequence());
                if is_kept {
                    kept.extend_from_slice(entry.raw());
                } else {
                    done.dropped += 1;
                }
            }
            read.push(segment);
            if kept.len() as u64 >= self.segment_size || at + 1 == segments.len() {
                self.replace(&std::mem::take(&mut read), &std::mem::take(&mut kept))?;
            }
        }
        Ok(())
    }

    /// Puts a segment with these bytes in the place of the last of the segments, and removes the others.
    pub(crate) fn replace(&self, segments: &[&Segment], bytes: &[u8]) -> io::Result<()> {
        let Some((last, others)) = segments.split_last() else { return Ok(()) };
        let before: u64 = segments.iter().map(|segment| segment.size()).sum();
        if bytes.len() as u64 == before && others.is_empty() {
            return Ok(());
        }
        if bytes.is_empty() {
            fs::remove_file(&last.path)?;
        } else {
            let path = last.rewritten_path();
            let written = self.write_new(&path, bytes).and_then(|()| fs::rename(&path, &last.path));
            if let Err(error) = written {
                let _ = fs::remove_file(&path);
                return Err(error);
            }
            self.shared.disk.sync_folder(&self.shared.folder)?;
        }
        for other in others {
            fs::remove_file(&other.path)?;
        }
        self.shared.shrink(before);
        self.shared.grow(bytes.len() as u64);
        Ok(())
    }

    fn write_new(&self, path: &std::path::Path, mut bytes: &[u8]) -> io::Result<()> {
        let _ = fs::remove_file(path);
        let file = self.shared.disk.create(path)?;
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
}

fn sizes(segments: &[Segment]) -> u64 {
    segments.iter().map(Segment::size).sum()
}
