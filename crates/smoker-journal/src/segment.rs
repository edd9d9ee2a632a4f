//! The files of the folder.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use libc::{O_NOFOLLOW, O_NONBLOCK};

use crate::record::{HEADER, MAX_BODY, sequence_of};

/// A file that is larger was not made by this journal, and is not read into memory: a new segment is begun before a record that does not
/// fit into one.
const MAX_SEGMENT: u64 = 2 * MAX_BODY as u64;

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
        let file = open_file(OpenOptions::new().read(true), &self.path)?;
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
        open_file(OpenOptions::new().read(true), &self.path).ok()?.read_exact(&mut header).ok()?;
        sequence_of(&header)
    }

    pub(crate) fn size(&self) -> u64 {
        fs::metadata(&self.path).map_or(0, |metadata| metadata.len())
    }

    /// Where copies of the segment are kept, one for each state in which it was found damaged.
    fn damaged_paths(&self) -> impl Iterator<Item = PathBuf> {
        let first = self.path.with_extension("damaged");
        std::iter::once(first).chain((2..).map(|number| self.path.with_extension(format!("{number}.damaged"))))
    }

    /// Whether a copy has what the segment has.
    fn is_kept_as(&self, copy: &Path) -> io::Result<bool> {
        let (own, other) = (fs::metadata(&self.path)?, fs::metadata(copy)?);
        let is_link = (own.dev(), own.ino()) == (other.dev(), other.ino());
        Ok(is_link || (own.len() == other.len() && fs::read(&self.path)? == fs::read(copy)?))
    }

    /// Where the segment is written again, with fewer records.
    pub(crate) fn rewritten_path(&self) -> PathBuf {
        self.path.with_extension("new")
    }

    /// Puts the segment itself in the place of a copy.
    pub(crate) fn put_aside(&self) -> io::Result<()> {
        let free = self.damaged_paths().find(|copy| !copy.exists());
        free.map_or(Ok(()), |copy| fs::rename(&self.path, copy))
    }

    /// Keeps a copy of the segment, unless there is one. Returns its path when it was made now.
    ///
    /// # Errors
    ///
    /// When it cannot be made, or all copies would take more than `limit` bytes together.
    pub(crate) fn keep_damaged(&self, folder: &Path, limit: u64) -> io::Result<Option<PathBuf>> {
        let mut free = None;
        for copy in self.damaged_paths() {
            if !copy.exists() {
                free = Some(copy);
                break;
            }
            if self.is_kept_as(&copy)? {
                return Ok(None);
            }
        }
        let Some(copy) = free else { return Ok(None) };
        let mut size = self.size();
        for other in damaged_copies(folder)? {
            size += fs::metadata(other)?.len();
        }
        if size > limit {
            let text =
                format!("{} is damaged, and no copy of it can be kept: remove others first", self.path.display());
            return Err(io::Error::other(text));
        }
        // Nothing is appended to a segment with damage, so a link is as good as a copy.
        if fs::hard_link(&self.path, &copy).is_err() {
            fs::copy(&self.path, &copy)?;
        }
        Ok(Some(copy))
    }
}

/// Opens a file of the journal. Anything else in its place is an error: a named pipe would keep its reader waiting for ever.
pub(crate) fn open_file(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    let file = options.custom_flags(O_NOFOLLOW | O_NONBLOCK).open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::other("it is no file, and so no segment; remove it"))
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

/// Where the writer tries whether the disk has room. What is left there is removed as an unfinished rewriting is.
pub(crate) fn probe_path(folder: &Path) -> PathBuf {
    folder.join("results-probe.new")
}

/// The copies of segments that are kept aside.
pub(crate) fn damaged_copies(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let paths = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()?;
    let mut copies: Vec<_> =
        paths.into_iter().filter(|path| path.extension().is_some_and(|it| it == "damaged")).collect();
    copies.sort_unstable();
    Ok(copies)
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
