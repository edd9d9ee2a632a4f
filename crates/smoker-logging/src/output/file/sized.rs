//! A file that is rotated by size: `RotatingFileHandler`.

use std::io;
use std::path::Path;

use crate::output::file::log_file::{LogFile, entry_of, rename_if_there, with_suffix};
use crate::output::sink::Sink;
use crate::plan::target::FilePlan;
use crate::records::record::Record;
use smoker_paths::resolved_path::Owner;

/// Writes to a file; older ones have numbers behind their names, the newest 1.
#[derive(Debug)]
pub(crate) struct SizedFile {
    file: LogFile,
    max_bytes: u64,
    backups: usize,
    /// After a failure: the size, in bytes, at which rotation is tried again.
    retry_at: u64,
    complaint: Option<String>,
}

impl SizedFile {
    pub(crate) fn new(plan: &FilePlan, owner: Option<Owner>, max_bytes: u64, backups: usize) -> Self {
        Self { file: LogFile::new(plan, owner), max_bytes, backups, retry_at: 0, complaint: None }
    }

    fn rotate(&mut self, size: u64) {
        let rotated = shift(self.file.path(), self.backups).and_then(|()| self.file.reopen());
        match rotated {
            Ok(()) => self.retry_at = 0,
            Err(error) => {
                self.retry_at = size + self.max_bytes;
                let path = self.file.path().display();
                self.complaint = Some(format!("cannot rotate {path}: {error}; lines are still appended to it"));
            }
        }
    }
}

impl Sink for SizedFile {
    fn destination(&self) -> String {
        self.file.path().display().to_string()
    }

    fn open(&mut self) -> io::Result<()> {
        self.file.open_at_start()
    }

    fn write(&mut self, text: &str, _: &Record) -> io::Result<()> {
        if let Some(size) = self.file.size()?
            && size > 0
            && size + text.len() as u64 + 1 >= self.max_bytes.max(self.retry_at)
        {
            self.rotate(size);
        }
        self.file.write(text)
    }

    fn reopen(&mut self) -> io::Result<()> {
        self.retry_at = 0;
        self.file.reopen()
    }

    fn take_complaint(&mut self) -> Option<String> {
        self.complaint.take()
    }
}

/// Gives each old file the next number; the one with the last number is overwritten.
fn shift(path: &Path, backups: usize) -> io::Result<()> {
    let Some(file) = entry_of(path)? else { return Ok(()) };
    let numbered = |number: usize| with_suffix(file.name(), &number.to_string());
    let is_used = |number: usize| file.beside(&numbered(number)).and_then(|old| old.stat()).is_ok();
    // Behind a gap nothing has to move.
    let used = (1..backups).take_while(|number| is_used(*number)).count();
    for number in (1..=used).rev() {
        file.beside(&numbered(number))?.rename(&numbered(number + 1))?;
    }
    rename_if_there(&file, &numbered(1))
}
