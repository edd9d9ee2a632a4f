//! One file that lines are appended to.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::output::descriptor::LineWriter;
use crate::plan::target::FilePlan;
use smoker_paths::append;
use smoker_paths::resolved_path::{Owner, ResolvedPath};

/// A file that may be open.
#[derive(Debug)]
pub(crate) struct LogFile {
    path: PathBuf,
    /// Whether it is still to be emptied; only once.
    truncates: bool,
    /// Whether it is opened only when there is something to write.
    opens_late: bool,
    /// Who owns a file that is made here: the account that the daemon runs as.
    owner: Option<Owner>,
    file: Option<File>,
    lines: LineWriter,
}

impl LogFile {
    pub(crate) fn new(plan: &FilePlan, owner: Option<Owner>) -> Self {
        let (path, lines) = (plan.path.clone(), LineWriter::default());
        Self { path, truncates: plan.truncates, opens_late: plan.opens_late, owner, file: None, lines }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn open_at_start(&mut self) -> io::Result<()> {
        if self.opens_late { Ok(()) } else { self.opened().map(drop) }
    }

    /// Appends a line.
    pub(crate) fn write(&mut self, text: &str) -> io::Result<()> {
        self.opened()?;
        let Some(file) = &self.file else { return Err(io::ErrorKind::NotFound.into()) };
        self.lines.write(file, text)
    }

    /// Opens it by its name again. When that fails, the open one stays.
    pub(crate) fn reopen(&mut self) -> io::Result<()> {
        let file = self.open()?;
        self.file = Some(file);
        self.lines = LineWriter::default();
        Ok(())
    }

    /// The size so far, of a file that is one and no device.
    pub(crate) fn size(&mut self) -> io::Result<Option<u64>> {
        let metadata = self.opened()?.metadata()?;
        Ok(metadata.is_file().then_some(metadata.len()))
    }

    /// Whether its name leads elsewhere by now.
    pub(crate) fn is_moved(&self) -> bool {
        let identity = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
        let Some(file) = &self.file else { return false };
        file.metadata().map(identity).ok() != fs::metadata(&self.path).map(identity).ok()
    }

    fn opened(&mut self) -> io::Result<&File> {
        let file = match self.file.take() {
            Some(file) => file,
            None => self.open()?,
        };
        Ok(self.file.insert(file))
    }

    fn open(&mut self) -> io::Result<File> {
        let file = append::open(&self.path, self.owner)?;
        if std::mem::take(&mut self.truncates) && file.metadata()?.is_file() {
            file.set_len(0)?;
        }
        Ok(file)
    }
}

/// A name in a folder with something behind it.
pub(crate) fn with_suffix(name: &OsStr, suffix: &str) -> OsString {
    let mut name = name.to_owned();
    name.push(".");
    name.push(suffix);
    name
}

/// The folder of a log file, opened once for a rotation, whatever account could put another in its place meanwhile. None
/// when there is nothing to rotate: no such folder, or a path that leads to a descriptor, as `/dev/stdout` does.
pub(crate) fn entry_of(path: &Path) -> io::Result<Option<ResolvedPath>> {
    if ResolvedPath::of(path).is_ok_and(|file| file.is_descriptor()) {
        return Ok(None);
    }
    match ResolvedPath::of_entry(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        found => found.map(Some),
    }
}

/// Gives an entry of a folder another name; one that is not there needs none.
pub(crate) fn rename_if_there(entry: &ResolvedPath, to: &OsStr) -> io::Result<()> {
    match entry.rename(to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        renamed => renamed,
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsRawFd;

    use super::*;

    #[test]
    fn a_path_that_leads_to_a_descriptor_is_not_rotated() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("smoker.log");
        let file = std::fs::File::create(&path).expect("writable");
        let has_entry = |path: &Path| entry_of(path).expect("it can be looked at").is_some();
        assert!(has_entry(&path));
        assert!(!has_entry(&folder.path().join("nowhere/smoker.log")));
        for folder in ["/proc/self/fd", "/dev/fd"] {
            assert!(!has_entry(&Path::new(folder).join(file.as_raw_fd().to_string())), "{folder}");
        }
        assert!(!has_entry(Path::new("/dev/stderr")));
    }
}
