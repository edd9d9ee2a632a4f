//! A file that is turned over when it is large: `RotatingFileHandler`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::append_file::Owner;
use crate::file::log_file::{LogFile, with_suffix};
use crate::plan::FilePlan;
use crate::record::Record;
use crate::sink::Sink;

/// Writes to a file; older ones have numbers behind their names, the newest 1.
#[derive(Debug)]
pub(crate) struct SizedFile {
    file: LogFile,
    most: u64,
    backups: usize,
    /// After a failure the file may grow to this size before the next try.
    put_off: u64,
    complaint: Option<String>,
}

impl SizedFile {
    pub(crate) fn new(plan: &FilePlan, owner: Option<Owner>, most: u64, backups: usize) -> Self {
        Self { file: LogFile::new(plan, owner), most, backups, put_off: 0, complaint: None }
    }

    fn turn_over(&mut self, size: u64) {
        let turned = shift(self.file.path(), self.backups).and_then(|()| self.file.reopen());
        match turned {
            Ok(()) => self.put_off = 0,
            Err(error) => {
                self.put_off = size + self.most;
                let path = self.file.path().display();
                self.complaint = Some(format!("can't turn over {path}: {error}; it grows on"));
            }
        }
    }
}

impl Sink for SizedFile {
    fn place(&self) -> String {
        self.file.path().display().to_string()
    }

    fn open(&mut self) -> io::Result<()> {
        self.file.open_at_start()
    }

    fn write(&mut self, text: &str, _: &Record) -> io::Result<()> {
        if let Some(size) = self.file.size()?
            && size > 0
            && size + text.len() as u64 + 1 >= self.most.max(self.put_off)
        {
            self.turn_over(size);
        }
        self.file.write(text)
    }

    fn reopen(&mut self) -> io::Result<()> {
        self.put_off = 0;
        self.file.reopen()
    }

    fn take_complaint(&mut self) -> Option<String> {
        self.complaint.take()
    }
}

/// Gives each old file the next number; the one with the last number is overwritten.
fn shift(path: &Path, backups: usize) -> io::Result<()> {
    let numbered = |number: usize| with_suffix(path, &number.to_string());
    // Behind a gap nothing has to move.
    let used = (1..backups).take_while(|number| numbered(*number).exists()).count();
    for number in (1..=used).rev() {
        fs::rename(numbered(number), numbered(number + 1))?;
    }
    let first: PathBuf = numbered(1);
    match fs::rename(path, first) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        moved => moved,
    }
}
