//! The files of the folder.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::record::{HEADER, sequence_of};

/// A file that is larger was not made by this journal, and is not read into memory.
const MAX_SEGMENT: u64 = 1 << 30;

/// A file with records.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Segment {
    /// Segments are numbered in the order in which they were begun.
    pub(crate) number: u64,
    pub(crate) path: PathBuf,
}

impl Segment {
    pub(crate) fn new(folder: &Path, number: u64) -> Self {
        Self { number, path: folder.join(format!("results-{number:08}.log")) }
    }

    /// All bytes of the segment.
    pub(crate) fn read(&self) -> io::Result<Vec<u8>> {
        let file = File::open(&self.path)?;
        let length = file.metadata()?.len();
        if length > MAX_SEGMENT {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "the file is too large for a segment"));
        }
        // Another process may be writing it: what comes later is not read.
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
        file.take(length).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// The number of the first record, as far as the header of that can be read.
    pub(crate) fn first_sequence(&self) -> Option<u64> {
        let mut header = [0; HEADER];
        File::open(&self.path).ok()?.read_exact(&mut header).ok()?;
        sequence_of(&header)
    }

    pub(crate) fn size(&self) -> u64 {
        fs::metadata(&self.path).map_or(0, |metadata| metadata.len())
    }

    /// Where a copy of the segment is kept when it is damaged.
    pub(crate) fn damaged_path(&self) -> PathBuf {
        self.path.with_extension("damaged")
    }

    /// Where the segment is written again, with fewer records.
    pub(crate) fn rewritten_path(&self) -> PathBuf {
        self.path.with_extension("new")
    }

    /// Keeps a copy of the segment, unless there is one. Returns its path when it was made now.
    ///
    /// # Errors
    ///
    /// When it cannot be made, or all copies would take more than `limit` bytes together.
    pub(crate) fn keep_damaged(&self, folder: &Path, limit: u64) -> io::Result<Option<PathBuf>> {
        let copy = self.damaged_path();
        if copy.exists() {
            return Ok(None);
        }
        let mut size = self.size();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.path().extension().is_some_and(|extension| extension == "damaged") {
                size += entry.metadata()?.len();
            }
        }
        if size > limit {
            let text =
                format!("{} is damaged, and no copy of it can be kept: remove others first", self.path.display());
            return Err(io::Error::other(text));
        }
        // A segment with damage is never written again, so a link is as good as a copy.
        if fs::hard_link(&self.path, &copy).is_err() {
            fs::copy(&self.path, &copy)?;
        }
        Ok(Some(copy))
    }
}

/// All segments of a folder, oldest first.
pub(crate) fn list(folder: &Path) -> io::Result<Vec<Segment>> {
    let mut segments = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if let Some(number) = path.file_name().and_then(|name| number_of(name.to_str()?)) {
            segments.push(Segment { number, path });
        }
    }
    segments.sort_unstable();
    Ok(segments)
}

fn number_of(name: &str) -> Option<u64> {
    let digits = name.strip_prefix("results-")?.strip_suffix(".log")?;
    if digits.len() >= 8 && digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None }
}

/// Removes what a rewriting that was interrupted has left.
pub(crate) fn remove_unfinished(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_ours = path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with("results-"));
        if is_ours && path.extension().is_some_and(|extension| extension == "new") {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}
