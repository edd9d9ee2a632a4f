//! A file that only other programs rotate: `FileHandler`, and `WatchedFileHandler`,
//! which notices by itself.

use std::io;

use crate::output::file::log_file::LogFile;
use crate::output::sink::Sink;
use crate::plan::target::FilePlan;
use crate::records::record::Record;
use smoker_paths::resolved_path::Owner;

/// Writes to a file.
#[derive(Debug)]
pub(crate) struct PlainFile {
    file: LogFile,
    is_watched: bool,
}

impl PlainFile {
    pub(crate) fn new(plan: &FilePlan, owner: Option<Owner>, is_watched: bool) -> Self {
        Self { file: LogFile::new(plan, owner), is_watched }
    }
}

impl Sink for PlainFile {
    fn destination(&self) -> String {
        self.file.path().display().to_string()
    }

    fn open(&mut self) -> io::Result<()> {
        self.file.open_at_start()
    }

    fn write(&mut self, text: &str, _: &Record) -> io::Result<()> {
        if self.is_watched && self.file.is_moved() {
            self.file.reopen()?;
        }
        self.file.write(text)
    }

    fn reopen(&mut self) -> io::Result<()> {
        self.file.reopen()
    }
}
