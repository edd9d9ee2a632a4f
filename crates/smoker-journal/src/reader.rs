//! The records, newest or oldest first. Readers take no lock: another process may write meanwhile, and they see what is
//! whole when they come to it.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::vec;

use thiserror::Error;

use crate::files::segment::{self, Segment};
use crate::segments::content::{Content, Entry};
use crate::segments::order::{Ordered, in_order};

/// A segment that cannot be read. The records of the others follow.
#[derive(Debug, Error)]
#[error("cannot read {}: {error}", path.display())]
pub struct ReadError {
    /// The segment.
    pub path: PathBuf,
    /// Why.
    pub error: io::Error,
}

/// A segment in one of its states: it has another one when anything was appended to it, or it was written again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SegmentState {
    number: u64,
    file: u64,
    length: u64,
    /// Nanoseconds since 1970.
    modified: i128,
}

/// Records with falling numbers.
#[derive(Debug)]
pub struct NewestFirst {
    folder: PathBuf,
    segments: Vec<Segment>,
    entries: vec::IntoIter<Entry>,
    current: Option<SegmentState>,
    below: u64,
}

/// Records with growing numbers.
#[derive(Debug)]
pub struct OldestFirst {
    folder: PathBuf,
    segments: vec::IntoIter<PlacedSegment>,
    entries: vec::IntoIter<Entry>,
    after: u64,
}

/// A segment, and the number from which on others behind it have the records.
#[derive(Debug)]
struct PlacedSegment {
    segment: Segment,
    until: u64,
}

/// The records of a folder with numbers below this one.
///
/// # Errors
///
/// When the folder cannot be listed.
pub fn newest_first(folder: &Path, below: u64) -> io::Result<NewestFirst> {
    Ok(NewestFirst {
        folder: folder.to_owned(),
        segments: in_order(segment::list(folder)?).segments,
        entries: Vec::new().into_iter(),
        current: None,
        below,
    })
}

/// The records of a folder with numbers above this one.
///
/// # Errors
///
/// When the folder cannot be listed.
pub fn oldest_first(folder: &Path, after: u64) -> io::Result<OldestFirst> {
    let segments = placed(folder, after)?.into_iter();
    Ok(OldestFirst { folder: folder.to_owned(), segments, entries: Vec::new().into_iter(), after })
}

/// The segments that may have records above this number.
fn placed(folder: &Path, after: u64) -> io::Result<Vec<PlacedSegment>> {
    let Ordered { segments, firsts, is_by_number } = in_order(segment::list(folder)?);
    // Nothing in a segment is newer than the begin of the one behind it.
    let is_old = |first: &&Option<u64>| first.is_some_and(|first| first <= after.saturating_add(1));
    let skipped = if is_by_number { firsts.iter().skip(1).take_while(is_old).count() } else { 0 };
    let mut until = u64::MAX;
    let mut placed = Vec::new();
    for (segment, first) in segments.into_iter().zip(firsts).skip(skipped).rev() {
        placed.push(PlacedSegment { segment, until });
        until = until.min(first.unwrap_or(u64::MAX));
    }
    placed.reverse();
    Ok(placed)
}

/// The records of a segment; none when it has been removed meanwhile: those that were kept of it are in another one.
fn load(segment: Segment) -> Result<Option<Vec<Entry>>, ReadError> {
    match Content::load(&segment) {
        Ok(content) => Ok(Some(content.entries().collect())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ReadError { path: segment.path, error }),
    }
}

impl NewestFirst {
    /// The segment of the record that came last; none when not all of its records come, since they do not lie below
    /// where the reader began.
    #[must_use]
    pub fn segment(&self) -> Option<SegmentState> {
        self.current
    }

    /// Passes over the segments that come next, as long as `is_passed` says so. To be called when all records of a segment have
    /// come, or none; otherwise it does nothing.
    pub fn pass_over(&mut self, mut is_passed: impl FnMut(SegmentState) -> bool) {
        while self.entries.len() == 0 && self.segments.last().and_then(SegmentState::of).is_some_and(&mut is_passed) {
            self.segments.pop();
        }
    }
}

impl SegmentState {
    fn of(segment: &Segment) -> Option<Self> {
        let metadata = fs::symlink_metadata(&segment.path).ok()?;
        let modified = i128::from(metadata.mtime()) * 1_000_000_000 + i128::from(metadata.mtime_nsec());
        Some(Self { number: segment.number, file: metadata.ino(), length: metadata.len(), modified })
    }
}

impl Iterator for NewestFirst {
    type Item = Result<Entry, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(entry) = self.entries.by_ref().rev().find(|entry| entry.sequence() < self.below) {
                self.below = entry.sequence();
                return Some(Ok(entry));
            }
            let segment = self.segments.pop()?;
            if segment.first_sequence().is_some_and(|first| first >= self.below) {
                continue;
            }
            let path = segment.path.clone();
            // Before it is read: what is appended meanwhile makes it another state.
            let state = SegmentState::of(&segment);
            match load(segment) {
                Ok(Some(entries)) => {
                    let is_all = entries.last().is_none_or(|last| last.sequence() < self.below);
                    self.current = state.filter(|_| is_all);
                    self.entries = entries.into_iter();
                }
                // What was kept of it is in one that has been read already, perhaps before it was rewritten.
                Ok(None) => match segment::list(&self.folder) {
                    Ok(segments) => self.segments = in_order(segments).segments,
                    Err(error) => return Some(Err(ReadError { path, error })),
                },
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl Iterator for OldestFirst {
    type Item = Result<Entry, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(entry) = self.entries.by_ref().find(|entry| entry.sequence() > self.after) {
                self.after = entry.sequence();
                return Some(Ok(entry));
            }
            let PlacedSegment { segment, until } = self.segments.next()?;
            let path = segment.path.clone();
            match load(segment) {
                Ok(Some(mut entries)) => {
                    entries.truncate(entries.partition_point(|entry| entry.sequence() < until));
                    self.entries = entries.into_iter();
                }
                // What was kept of it is in another one, which may be a new one.
                Ok(None) => match placed(&self.folder, self.after) {
                    Ok(segments) => self.segments = segments.into_iter(),
                    Err(error) => return Some(Err(ReadError { path, error })),
                },
                Err(error) => return Some(Err(error)),
            }
        }
    }
}
