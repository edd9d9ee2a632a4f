//! The files with records.

use std::fs::{self, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::files::regular::open_file;
use crate::record::{HEADER, MAX_BODY, sequence_of};

/// A file that is larger was not made by this journal, and is not read into memory: a new segment is begun before a record that does not
/// fit into one.
pub(crate) const MAX_SEGMENT: u64 = 3 * MAX_BODY as u64;

/// A file whose name has a larger number was not made by this journal: numbers have to go on behind it.
const MAX_NUMBER: u64 = u64::MAX / 2;

/// A file with records.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Segment {
    /// Segments are numbered in the order in which they were begun.
    pub(crate) number: u64,
    pub(crate) path: PathBuf,
}

impl Segment {
    pub(crate) fn new(folder: &Path, number: u64) -> Self {
        Self { number, path: folder.join(name_of(number)) }
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

    /// The bytes that it takes; none when it is no file.
    pub(crate) fn size(&self) -> u64 {
        fs::symlink_metadata(&self.path).ok().filter(fs::Metadata::is_file).map_or(0, |metadata| metadata.len())
    }

    /// Where the segment is written again, with other records: a name that is free, or that of an unfinished rewriting.
    pub(crate) fn rewritten_path(&self) -> PathBuf {
        free(&self.path.with_extension("new"))
    }
}

/// All segments of a folder by their numbers.
pub(crate) fn list(folder: &Path) -> io::Result<Vec<Segment>> {
    let mut segments = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if let Some(number) = path.file_name().and_then(|name| number_of(name.to_str()?, ".log")) {
            segments.push(Segment { number, path });
        }
    }
    segments.sort_unstable();
    Ok(segments)
}

/// Where the writer tries whether the disk has room. What is left there is removed as an unfinished rewriting is.
pub(crate) fn probe_path(folder: &Path) -> PathBuf {
    free(&folder.join("results-probe.new"))
}

/// Removes what a rewriting that was interrupted has left. What cannot be removed harms nothing.
pub(crate) fn remove_unfinished(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_ours = path.file_name().and_then(|name| name.to_str()).is_some_and(is_unfinished);
        if is_ours {
            let _ = fs::remove_file(&path);
        }
    }
    Ok(())
}

fn is_unfinished(name: &str) -> bool {
    let Some(name) = name.strip_suffix(".new") else { return false };
    let name = name.split_once('.').map_or(name, |(name, _)| name);
    name == "results-probe" || number_of(name, "").is_some()
}

/// This path, or one like it where something is there that cannot be removed, such as a folder.
fn free(path: &Path) -> PathBuf {
    let others = (2..10).map(|number| path.with_extension(format!("{number}.new")));
    let removable = |path: &PathBuf| fs::symlink_metadata(path).map_or(true, |it| !it.is_dir());
    std::iter::once(path.to_owned()).chain(others).find(removable).unwrap_or_else(|| path.to_owned())
}

fn name_of(number: u64) -> String {
    format!("results-{number:08}.log")
}

fn number_of(name: &str, suffix: &str) -> Option<u64> {
    let number = name.strip_prefix("results-")?.strip_suffix(suffix)?.parse().ok()?;
    // Nothing but the name that this journal gives: another file may have the same number.
    let is_ours = number <= MAX_NUMBER && name_of(number).strip_suffix(".log") == name.strip_suffix(suffix);
    is_ours.then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_has_exactly_the_name_that_the_journal_gives() {
        let number = |name| number_of(name, ".log");
        assert_eq!((number("results-00000012.log"), number("results-123456789.log")), (Some(12), Some(123_456_789)));
        let largest = name_of(MAX_NUMBER);
        assert_eq!(number(&largest), Some(MAX_NUMBER));
        for other in [
            "results-12.log",
            "results-000000012.log",
            "results-+0000012.log",
            "results-18446744073709551615.log",
            "results-00000012.log.gz",
            "results-00000012.new",
            "results-.log",
        ] {
            assert_eq!(number(other), None, "{other}");
        }
        let unfinished = |name| is_unfinished(name);
        assert!(unfinished("results-00000012.new") && unfinished("results-00000012.2.new"));
        assert!(unfinished("results-probe.new") && unfinished("results-probe.3.new"));
        assert!(!unfinished("results-of-mine.new") && !unfinished("notes.new"));
    }
}
