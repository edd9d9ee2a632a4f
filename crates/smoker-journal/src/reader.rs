//! The records, newest or oldest first. Readers take no lock: another process may write meanwhile, and they see what is
//! whole when they come to it.

use std::io;
use std::path::{Path, PathBuf};
use std::vec;

use thiserror::Error;

use crate::content::{Content, Entry};
use crate::segment::{self, Segment};

/// A segment that cannot be read. The records of the others follow.
#[derive(Debug, Error)]
#[error("cannot read {}: {error}", path.display())]
pub struct ReadError {
    /// The segment.
    pub path: PathBuf,
    /// Why.
    pub error: io::Error,
}

/// Records with falling numbers.
#[derive(Debug)]
pub struct NewestFirst {
    folder: PathBuf,
    segments: Vec<Segment>,
    entries: vec::IntoIter<Entry>,
    below: u64,
}

/// Records with growing numbers.
#[derive(Debug)]
pub struct OldestFirst {
    segments: vec::IntoIter<Segment>,
    entries: vec::IntoIter<Entry>,
    after: u64,
}

/// The records of a folder with numbers below this one.
///
/// # Errors
///
/// When the folder cannot be listed.
pub fn newest_first(folder: &Path, below: u64) -> io::Result<NewestFirst> {
    Ok(NewestFirst {
        folder: folder.to_owned(),
        segments: segment::list(folder)?,
        entries: Vec::new().into_iter(),
        below,
    })
}

/// The records of a folder with numbers above this one.
///
/// # Errors
///
/// When the folder cannot be listed.
pub fn oldest_first(folder: &Path, after: u64) -> io::Result<OldestFirst> {
    let mut segments = segment::list(folder)?;
    // Nothing in a segment is newer than the begin of the one behind it.
    let is_old = |segment: &Segment| segment.first_sequence().is_some_and(|first| first <= after.saturating_add(1));
    let skipped = segments.iter().skip(1).take_while(|next| is_old(next)).count();
    segments.drain(..skipped);
    Ok(OldestFirst { segments: segments.into_iter(), entries: Vec::new().into_iter(), after })
}

/// The records of a segment; none when it has been removed meanwhile: those that were kept of it are in a newer one.
fn load(segment: Segment) -> Result<Option<Vec<Entry>>, ReadError> {
    match Content::load(&segment) {
        Ok(content) => Ok(Some(content.entries().collect())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ReadError { path: segment.path, error }),
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
            match load(segment) {
                Ok(Some(entries)) => self.entries = entries.into_iter(),
                // What was kept of it is in one that has been read already, perhaps before it was rewritten.
                Ok(None) => match segment::list(&self.folder) {
                    Ok(segments) => self.segments = segments,
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
            match load(self.segments.next()?) {
                Ok(entries) => self.entries = entries.unwrap_or_default().into_iter(),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}
