//! Takes the lock of a folder, looks through its segments, and gives the two parts of the writer.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;

use crate::completeness::{Completeness, Note};
use crate::content::Entry;
use crate::disk::{Disk, FileSystem};
use crate::journal::{Active, Journal};
use crate::maintenance::Maintenance;
use crate::segment::{self, Segment};
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
    /// Whether the writers before have lost records. A folder without segments has lost none.
    pub completeness: Completeness,
}

/// Why a journal cannot be written.
#[derive(Debug, Error)]
pub enum OpenError {
    /// Another writer has the lock.
    #[error("{0} is used by another process")]
    Locked(PathBuf),
    /// The folder cannot be used.
    #[error("cannot use {path}: {error}")]
    Folder {
        /// The folder, or the lock in it.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

impl Options {
    /// A journal in the file system.
    #[must_use]
    pub fn new(folder: &Path, max_size: u64) -> Self {
        Self { folder: folder.to_owned(), max_size, disk: Arc::new(FileSystem) }
    }
}

/// Opens a journal to write it, and shows each record that it has, newest first. It counts as incomplete until
/// [`Journal::declare_complete`].
///
/// # Errors
///
/// When another process writes it, or the folder cannot be used.
pub fn open(options: Options, visit: impl FnMut(Entry)) -> Result<Opened, OpenError> {
    let Options { folder, max_size, disk } = options;
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error| OpenError::Folder { path, error }
    };
    DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(failed(&folder))?;
    let lock = lock(&folder)?;
    segment::remove_unfinished(&folder).map_err(failed(&folder))?;
    let segments = segment::list(&folder).map_err(failed(&folder))?;
    let (note, noted) = Note::take_back(&folder);
    let completeness = if segments.is_empty() { Completeness::Complete } else { noted };
    let survey = Survey::of_segments(&segments, visit);
    let kept = keep_damaged(&folder, &segments, &survey, max_size);
    let segment_size = (max_size / SEGMENTS).clamp(SEGMENT_SIZES.0, SEGMENT_SIZES.1);
    let newest = segments.last();
    let cut = survey.torn.as_ref().map_or(0, |torn| torn.length);
    let number = newest.map_or(0, |segment| segment.number);
    let shared = Arc::new(Shared::new(folder, Arc::clone(&disk), note, survey.bytes.saturating_sub(cut), number));
    let active = newest.filter(|segment| survey.is_whole(segment)).and_then(|segment| go_on(segment, &*disk, cut));
    if let Some(active) = &active {
        // The process before this one may not have synced it.
        shared.wrote(active.number, &active.path, &active.file);
    }
    let maintenance = Maintenance::new(Arc::clone(&shared), max_size, segment_size);
    let journal = Journal { shared, _lock: lock, active, segment_size, buffer: Vec::new(), ends: Vec::new() };
    Ok(Opened { journal, maintenance, survey, kept, completeness })
}

fn lock(folder: &Path) -> Result<File, OpenError> {
    let path = folder.join("lock");
    let file = segment::open_file(OpenOptions::new().write(true).create(true).truncate(false).mode(0o600), &path);
    let file = file.map_err(|error| OpenError::Folder { path: path.clone(), error })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::Locked(folder.to_owned())),
        Err(TryLockError::Error(error)) => Err(OpenError::Folder { path, error }),
    }
}

/// The newest segment, without its torn end; none when it cannot be written.
fn go_on(segment: &Segment, disk: &dyn Disk, cut: u64) -> Option<Active> {
    let file = disk.open(&segment.path).ok()?;
    let length = segment.size().checked_sub(cut)?;
    if cut > 0 {
        file.truncate(length).ok()?;
    }
    Some(Active { number: segment.number, path: segment.path.clone(), file, length })
}

/// Keeps copies of segments with damage, since they will be dropped or rewritten some day. All copies together take as much
/// as all segments at most.
fn keep_damaged(folder: &Path, segments: &[Segment], survey: &Survey, max_size: u64) -> Vec<PathBuf> {
    let damaged = segments.iter().filter(|segment| survey.damage.iter().any(|damage| damage.path == segment.path));
    damaged.filter_map(|segment| segment.keep_damaged(folder, max_size).ok().flatten()).collect()
}
