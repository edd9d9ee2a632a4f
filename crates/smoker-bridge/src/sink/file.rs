//! Appends results to a file, each once: what was written and not acknowledged comes again, and is passed over.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::sink::recent::{Place, Recent};
use crate::sink::taken::Taken;

/// How much of the end of a file is read to know its newest results.
const TAIL: u64 = 16 * 1024 * 1024;

/// A file with a result on each line.
#[derive(Debug)]
pub(super) struct ResultFile {
    path: PathBuf,
    file: File,
    newest: Recent,
}

impl ResultFile {
    /// Opens a file, or makes it. A line that a crash has cut is removed; its result comes again.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
        let mut tail = Vec::new();
        file.read_to_end(&mut tail)?;
        let whole = tail.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        let cut = (tail.len() - whole) as u64;
        if cut > 0 {
            file.set_len(length - cut)?;
        }
        let mut result_file = Self { path: path.to_owned(), file, newest: Recent::default() };
        for line in tail[..whole].split(|&byte| byte == b'\n') {
            if let Ok(place) = serde_json::from_slice::<Place>(line) {
                result_file.newest.add(place);
            }
        }
        Ok(result_file)
    }

    /// The file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Appends those that it does not have. They are on the disk when it succeeds.
    pub(super) fn append(&mut self, results: &[Taken]) -> io::Result<()> {
        let results: Vec<_> = results.iter().filter(|result| !self.newest.has(&result.place)).collect();
        if results.is_empty() {
            return Ok(());
        }
        let text = results.iter().map(|result| format!("{}\n", result.json)).collect::<Vec<_>>().concat();
        let before = self.file.metadata()?.len();
        if let Err(error) = self.file.write_all(text.as_bytes()).and_then(|()| self.file.sync_data()) {
            // What a full disk has cut is written again as a whole.
            self.file.set_len(before)?;
            return Err(error);
        }
        for result in results {
            self.newest.add(result.place.clone());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(sequence: u64) -> Taken {
        let json = format!("{{\"sequence\":{sequence}}}");
        let place = Place { sequence, stored: String::new() };
        Taken { place, host: "a".to_owned(), entry: "{}".to_owned(), json }
    }

    #[test]
    fn what_comes_again_is_written_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("results");
        let mut file = ResultFile::open(&path).expect("a file");
        file.append(&[taken(1), taken(2)]).expect("written");
        file.append(&[taken(2), taken(3)]).expect("written");
        drop(file);
        let mut file = ResultFile::open(&path).expect("a file");
        file.append(&[taken(3), taken(4)]).expect("written");
        let text = std::fs::read_to_string(&path).expect("text");
        assert_eq!(text, "{\"sequence\":1}\n{\"sequence\":2}\n{\"sequence\":3}\n{\"sequence\":4}\n");
    }

    #[test]
    fn a_line_that_was_cut_is_written_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("results");
        std::fs::write(&path, "{\"sequence\":1}\n{\"sequ").expect("written");
        let mut file = ResultFile::open(&path).expect("a file");
        file.append(&[taken(1), taken(2)]).expect("written");
        let text = std::fs::read_to_string(&path).expect("text");
        assert_eq!(text, "{\"sequence\":1}\n{\"sequence\":2}\n");
    }
}
