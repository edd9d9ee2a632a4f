//! A journal in a temporary folder.

use std::path::{Path, PathBuf};

use smoker_journal::journal::Journal;
use smoker_journal::open::{Opened, Options, open};
use smoker_journal::reader;
use tempfile::TempDir;

/// A size that no test reaches.
pub(crate) const LARGE: u64 = 1 << 30;

pub(crate) fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

pub(crate) fn opened(folder: &Path, max_size: u64) -> Opened {
    open(Options::new(folder, max_size), drop).expect("a journal")
}

/// Writes records with these numbers, each at once.
pub(crate) fn append(journal: &mut Journal, sequences: impl IntoIterator<Item = u64>) {
    for sequence in sequences {
        journal.push(sequence, b"tag", &[payload(sequence).as_bytes()]).expect("it is small");
        journal.write().expect("a disk with room");
    }
}

/// The payload that a record has.
pub(crate) fn payload(sequence: u64) -> String {
    format!("{{\"number\": {sequence}}}").repeat(10)
}

/// The numbers of all records, which have to be as they were written, in both orders.
pub(crate) fn sequences(folder: &Path) -> Vec<u64> {
    let read = |entry: Result<smoker_journal::segments::content::Entry, _>| {
        let entry = entry.expect("a segment that can be read");
        assert_eq!((entry.tag(), entry.payload()), (&b"tag"[..], payload(entry.sequence()).as_bytes()));
        entry.sequence()
    };
    let oldest_first: Vec<_> = reader::oldest_first(folder, 0).expect("a folder").map(read).collect();
    let mut newest_first: Vec<_> = reader::newest_first(folder, u64::MAX).expect("a folder").map(read).collect();
    newest_first.reverse();
    assert_eq!(oldest_first, newest_first);
    oldest_first
}

/// The segments, oldest first.
pub(crate) fn segments(folder: &Path) -> Vec<PathBuf> {
    files(folder, "log")
}

/// The files with this extension, by name.
pub(crate) fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|path| path.extension().is_some_and(|it| it == extension));
    files.sort();
    files
}
