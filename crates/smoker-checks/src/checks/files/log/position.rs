//! Up to where a log was read, and where what was read is after the log was rotated.

use std::collections::BTreeSet;
use std::fs::{self, File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// How many bytes before a position say whether the file is still the one that was read.
const TAIL: u64 = 64;

/// Up to where a log was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
    pub(super) device: u64,
    pub(super) inode: u64,
    pub(super) offset: u64,
    /// The last bytes before the offset: a file that is emptied and filled again, or another one that has got its inode, differs.
    tail: Vec<u8>,
    /// How many bytes were behind the offset: a line without its end.
    #[serde(default)]
    pub(super) unended: u64,
}

impl Position {
    /// The same with this many bytes behind it: a line without its end.
    pub(super) fn with_unended(self, unended: u64) -> Self {
        Self { unended, ..self }
    }

    fn is_that_of(&self, other: &Self) -> bool {
        (self.device, self.inode, self.offset, &self.tail) == (other.device, other.inode, other.offset, &other.tail)
    }
}

/// The position at an offset of a file.
pub(super) fn position_at(path: &Path, offset: u64) -> io::Result<Position> {
    position_in(&mut File::open(path)?, offset)
}

/// The position at an offset of an open file.
pub(super) fn position_in(file: &mut File, offset: u64) -> io::Result<Position> {
    let metadata = file.metadata()?;
    let length = offset.min(TAIL);
    file.seek(SeekFrom::Start(offset - length))?;
    let mut tail = Vec::new();
    file.take(length).read_to_end(&mut tail)?;
    Ok(Position { device: metadata.dev(), inode: metadata.ino(), offset, tail, unended: 0 })
}

/// Whether the file has before the position what it had there.
pub(super) fn is_as_read(path: &Path, known: &Position) -> io::Result<bool> {
    Ok(position_at(path, known.offset)?.is_that_of(known))
}

/// The copy that was made of the log before it was emptied: the newest file beside it whose name begins with its name, and
/// which has before the position what the log had there.
pub(super) fn copy_of(path: &Path, known: &Position) -> Option<PathBuf> {
    let resolved = fs::canonicalize(path).ok()?;
    let name = resolved.file_name()?.to_str()?.to_owned();
    let is_copy = |path: &Path| {
        let its = path.file_name().and_then(|its| its.to_str()).unwrap_or_default();
        its.len() > name.len()
            && its.starts_with(&name)
            && fs::symlink_metadata(path).is_ok_and(|it| it.is_file() && it.len() >= known.offset)
            && position_at(path, known.offset).is_ok_and(|its| !its.tail.is_empty() && its.tail == known.tail)
    };
    let beside = fs::read_dir(resolved.parent()?).ok()?.flatten().map(|entry| entry.path());
    beside.filter(|path| is_copy(path)).max_by_key(|path| fs::metadata(path).and_then(|it| it.modified()).ok())
}

/// The file that the log was before it was rotated: beside it, or beside the file that a link of its name leads to.
pub(super) fn file_of(path: &Path, known: &Position) -> Option<PathBuf> {
    let resolved = fs::canonicalize(path).ok();
    let folders: BTreeSet<_> =
        [Some(path), resolved.as_deref()].into_iter().flatten().filter_map(Path::parent).collect();
    let is_old = |path: &PathBuf| {
        let metadata = fs::symlink_metadata(path).ok().filter(Metadata::is_file);
        let has_inode = metadata.is_some_and(|it| (it.dev(), it.ino()) == (known.device, known.inode));
        has_inode && is_as_read(path, known).unwrap_or(false)
    };
    let entries = folders.into_iter().filter_map(|folder| {
        // The parent of a bare name is the working directory.
        fs::read_dir(if folder.as_os_str().is_empty() { Path::new(".") } else { folder }).ok()
    });
    entries.flatten().flatten().map(|entry| entry.path()).find(is_old)
}
