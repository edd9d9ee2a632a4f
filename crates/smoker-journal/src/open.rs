//! Takes the lock of a folder, looks through its segments, and gives the two parts of the writer.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;

use crate::completeness::{Completeness, Newest, Note};
use crate::disk::{Disk, FileSystem};
use crate::files::damaged::OlderCopies;
use crate::files::lock::{Lock, NotLocked};
use crate::files::segment::{self, Segment};
use crate::journal::{Active, Journal};
use crate::maintenance::Maintenance;
use crate::segments::content::Entry;
use crate::segments::order::in_order;
use crate::shared::Shared;
use crate::survey::Survey;

/// The segments that `max_size` is divided into, so that dropping the oldest one drops a small part.
const SEGMENTS: u64 = 32;

/// The sizes that a segment may have, in bytes: readers hold a whole one in memory.
const SEGMENT_SIZES: (u64, u64) = (64 << 10, 8 << 20);

/// Where a journal is, and how large it may become.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder, which is made when it does not exist.
    pub folder: PathBuf,
    /// The bytes that all segments may take together.
    pub max_size: u64,
    /// What makes and writes the files.
    pub disk: Arc<dyn Disk>,
}

/// A journal that is open to be written.
#[derive(Debug)]
pub struct Opened {
    /// Appends records.
    pub journal: Journal,
    /// Syncs and bounds what was appended.
    pub maintenance: Maintenance,
    /// What there was. Of a torn end it says what was cut.
    pub survey: Survey,
    /// Copies of segments with damage that were made now.
    pub kept: Vec<PathBuf>,
    /// Whether the writers before have lost records. A folder without segments and without a note has lost none.
    pub completeness: Completeness,
    /// The number of the newest record that there was, also when it is no longer there; 0 without any.
    pub newest: u64,
    /// Whether the next writer finds the journal as the one before has left it, whatever is written now: nothing in the folder can be
    /// changed.
    pub is_unchangeable: bool,
    /// Why the folder cannot be used at present. Nothing is written until it can be: each write tries again.
    pub fault: Option<FolderError>,
}

/// A folder that cannot be used.
#[derive(Debug, Error)]
#[error("cannot use {path}: {error}")]
pub struct FolderError {
    /// The folder.
    pub path: PathBuf,
    /// Why.
    pub error: io::Error,
    /// Whether there may be segments that nobody could look at.
    pub hides_segments: bool,
}

/// Another writer has the lock of this folder.
#[derive(Debug, Error)]
#[error("{0} is used by another process")]
pub struct Locked(pub PathBuf);

impl Options {
    /// A journal in the file system.
    #[must_use]
    pub fn new(folder: &Path, max_size: u64) -> Self {
        Self { folder: folder.to_owned(), max_size, disk: Arc::new(FileSystem) }
    }
}

/// Opens a journal to write it, and shows each record that it has, newest first. It counts as incomplete until
/// [`Journal::declare_complete`]. A folder that cannot be used is a [fault](Opened::fault): what can be read of it is read.
///
/// # Errors
///
/// When another process writes it.
pub fn open(options: Options, visit: impl FnMut(Entry)) -> Result<Opened, Locked> {
    let Options { folder, max_size, disk } = options;
    let (lock, failed) = match Lock::take(&folder) {
        Ok(lock) => (Some(lock), None),
        Err(NotLocked::InUse) => return Err(Locked(folder)),
        Err(NotLocked::Failed(error)) => (None, Some(error)),
    };
    // What cannot be removed harms nothing.
    let _ = segment::remove_unfinished(&folder);
    let (segments, unlisted) = match segment::list(&folder) {
        Ok(segments) => (segments, None),
        Err(error) => (Vec::new(), Some(error)),
    };
    let hides_segments = unlisted.as_ref().is_some_and(|error| error.kind() != io::ErrorKind::NotFound);
    let fault = failed.or(unlisted).map(|error| FolderError { path: folder.clone(), error, hides_segments });
    let (note, noted, noted_newest) = Note::take_back(&folder);
    let is_unchangeable = note.is_stuck();
    let ordered = in_order(segments);
    let segments = &ordered.segments;
    let survey = Survey::of_segments(&ordered, visit);
    let last = segments.iter().max_by_key(|segment| segment.number);
    let number = last.map_or(0, |segment| segment.number);
    // The newest one is noted when it is begun, right before its first record.
    let is_noted = |segment: &Segment| segment.number == noted_newest.segment;
    let is_missing = noted_newest.segment > number
        || noted_newest.sequence > survey.newest.unwrap_or(0)
        || segments.iter().any(|segment| is_noted(segment) && segment.size() == 0);
    let completeness = match noted {
        Completeness::Complete | Completeness::Unsynced if is_missing => Completeness::Incomplete,
        Completeness::Unknown | Completeness::Complete if segments.is_empty() => Completeness::Complete,
        noted => noted,
    };
    let newest = survey.newest.unwrap_or(0).max(noted_newest.sequence);
    let kept = if lock.is_some() { keep_damaged(&folder, segments, &survey, max_size) } else { Vec::new() };
    let segment_size = (max_size / SEGMENTS).clamp(SEGMENT_SIZES.0, SEGMENT_SIZES.1);
    let cut = survey.torn.as_ref().map_or(0, |torn| torn.length);
    let size = survey.bytes.saturating_sub(cut);
    let shared = Shared::new(folder, Arc::clone(&disk), note, size, Newest { segment: number, sequence: newest });
    let shared = Arc::new(shared);
    // Nothing is appended to records that belong before those of another segment.
    let is_at_the_end = |segment: &&Segment| segments.last() == Some(segment) || segment.size() == 0;
    let active = last.filter(is_at_the_end).filter(|segment| survey.is_whole(segment));
    let active = active.and_then(|segment| go_on(segment, &*disk, cut));
    if let Some(active) = &active {
        // The process before this one may not have synced it.
        shared.wrote(active.number, &active.path, &active.file);
    }
    let maintenance = Maintenance::new(Arc::clone(&shared), max_size, segment_size);
    let (buffer, ends) = (Vec::new(), Vec::new());
    let journal = Journal { shared, lock, active, removed: None, pushed: newest, segment_size, buffer, ends };
    Ok(Opened { journal, maintenance, survey, kept, completeness, newest, is_unchangeable, fault })
}

/// The newest segment, without its torn end; none when it cannot be written.
fn go_on(segment: &Segment, disk: &dyn Disk, cut: u64) -> Option<Active> {
    let file = disk.open(&segment.path).ok()?;
    let length = segment.size().checked_sub(cut)?;
    if cut > 0 {
        file.truncate(length).ok()?;
    }
    Some(Active::new(segment.number, segment.path.clone(), file, length))
}

/// Keeps copies of segments with damage, since they will be dropped or rewritten some day. All copies together take as much
/// as all segments at most.
fn keep_damaged(folder: &Path, segments: &[Segment], survey: &Survey, max_size: u64) -> Vec<PathBuf> {
    let damaged = segments.iter().filter(|segment| survey.damage.iter().any(|damage| damage.path == segment.path));
    let keep = |segment: &Segment| segment.keep_damaged(folder, max_size, OlderCopies::Stay).ok().flatten();
    damaged.filter_map(keep).collect()
}
