//! Copies of segments that were damaged, kept aside as `results-NUMBER.damaged`.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::files::regular::open_file;
use crate::files::segment::Segment;

/// What becomes of older copies when all together take too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OlderCopies {
    /// They stay: what would be kept now is still there as a segment.
    Stay,
    /// The oldest go: what is kept now would be lost otherwise.
    Go,
}

impl Segment {
    /// Puts the segment itself in the place of a copy.
    pub(crate) fn put_aside(&self) -> io::Result<()> {
        let free = self.damaged_paths().find(|copy| !is_there(copy));
        free.map_or(Ok(()), |copy| fs::rename(&self.path, copy))
    }

    /// Keeps a copy of the segment, unless there is one. Returns its path when it was made now; none when it would take more than
    /// `limit` bytes together with older ones that stay.
    ///
    /// # Errors
    ///
    /// When it cannot be made.
    pub(crate) fn keep_damaged(&self, folder: &Path, limit: u64, older: OlderCopies) -> io::Result<Option<PathBuf>> {
        let mut free = None;
        for copy in self.damaged_paths() {
            if !is_there(&copy) {
                free = Some(copy);
                break;
            }
            if self.is_kept_as(&copy) {
                return Ok(None);
            }
        }
        let Some(copy) = free else { return Ok(None) };
        if !make_room(folder, limit.saturating_sub(self.size()), older)? {
            return Ok(None);
        }
        // Nothing is appended to a segment with damage, so a link is as good as a copy.
        if fs::hard_link(&self.path, &copy).is_err() {
            let mut from = open_file(OpenOptions::new().read(true), &self.path)?;
            let mut to = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&copy)?;
            io::copy(&mut from, &mut to)?;
        }
        Ok(Some(copy))
    }

    /// Where copies of the segment are kept, one for each state in which it was found damaged.
    fn damaged_paths(&self) -> impl Iterator<Item = PathBuf> {
        let first = self.path.with_extension("damaged");
        std::iter::once(first).chain((2..).map(|number| self.path.with_extension(format!("{number}.damaged"))))
    }

    /// Whether a copy has what the segment has.
    fn is_kept_as(&self, copy: &Path) -> bool {
        let is_same = || {
            let (own, other) = (fs::symlink_metadata(&self.path)?, fs::symlink_metadata(copy)?);
            let is_link = (own.dev(), own.ino()) == (other.dev(), other.ino());
            let is_copy =
                || Ok::<_, io::Error>(self.read()? == Segment { path: copy.to_owned(), ..self.clone() }.read()?);
            Ok::<_, io::Error>(is_link || (own.len() == other.len() && is_copy()?))
        };
        is_same().unwrap_or(false)
    }
}

/// The copies of segments that are kept aside.
pub(crate) fn copies(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let paths = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()?;
    let mut copies: Vec<_> =
        paths.into_iter().filter(|path| path.extension().is_some_and(|it| it == "damaged")).collect();
    copies.sort_unstable();
    Ok(copies)
}

/// Whether all copies together take no more than this many bytes, if need be without the oldest of them.
fn make_room(folder: &Path, limit: u64, older: OlderCopies) -> io::Result<bool> {
    // What is no file, such as a link that leads nowhere, takes nothing.
    let file = |path: PathBuf| {
        let metadata = fs::symlink_metadata(&path).ok().filter(fs::Metadata::is_file)?;
        Some((metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH), metadata.len(), path))
    };
    let mut files: Vec<_> = copies(folder)?.into_iter().filter_map(file).collect();
    files.sort_unstable();
    let mut size: u64 = files.iter().map(|(_, length, _)| length).sum();
    for (_, length, path) in files {
        if size <= limit {
            break;
        }
        if older == OlderCopies::Stay {
            return Ok(false);
        }
        if fs::remove_file(&path).is_ok() {
            size -= length;
        }
    }
    Ok(true)
}

/// Also a link that leads nowhere is there.
fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}
