//! Files that a call writes its report to.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::error::ExitError;

/// A file that can be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OutputFile(PathBuf);

impl OutputFile {
    /// Makes sure that the file can be written, before a long call begins. What it holds stays until then.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub(crate) fn new(path: &Path) -> Result<Self, ExitError> {
        OpenOptions::new().append(true).create(true).open(path).map_err(|error| unwritable(path, &error))?;
        Ok(Self(path.to_owned()))
    }

    /// Writes the text: a reader sees the file as it was, or all of the text.
    ///
    /// # Errors
    ///
    /// When it cannot be written, for example to a full disk.
    pub(crate) fn write(&self, text: &str) -> Result<(), ExitError> {
        let path = &self.0;
        let written = match replaced(path, text) {
            Some(replaced) => replaced,
            None => File::create(path).and_then(|mut file| file.write_all(text.as_bytes())),
        };
        written.map_err(|error| unwritable(path, &error))
    }
}

/// Puts a new file in the place of a regular one. None where that cannot be done: the folder may not be ours, and a pipe
/// or a device is no file to be replaced.
fn replaced(path: &Path, text: &str) -> Option<io::Result<()>> {
    // A link stays one.
    let target = fs::canonicalize(path).ok().filter(|target| target.is_file())?;
    let permissions = fs::metadata(&target).ok()?.permissions();
    let mut name = OsString::from(".");
    name.push(target.file_name()?);
    name.push(format!(".{}.new", std::process::id()));
    let new = target.with_file_name(name);
    let mut file = OpenOptions::new().write(true).create_new(true).open(&new).ok()?;
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| file.set_permissions(permissions))
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&new, &target));
    if written.is_err() {
        // Best effort: the error of writing is what matters.
        let _ = fs::remove_file(&new);
    }
    Some(written)
}

fn unwritable(path: &Path, error: &io::Error) -> ExitError {
    ExitError::new(format!("cannot write {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_and_a_link_stays_one() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (file, link) = (folder.path().join("report"), folder.path().join("link"));
        OutputFile::new(&file).expect("writable").write("one\n").expect("room");
        std::os::unix::fs::symlink(&file, &link).expect("a link");
        OutputFile::new(&link).expect("writable").write("two\n").expect("room");
        assert_eq!(fs::read_to_string(&file).expect("it is there"), "two\n");
        assert!(fs::symlink_metadata(&link).expect("it is there").is_symlink());
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 2);
        OutputFile::new(Path::new("/dev/null")).expect("writable").write("x").expect("it takes all");
    }

    #[test]
    fn what_cannot_be_written_is_told_at_once() {
        let error = OutputFile::new(Path::new("/nonexistent/report.xml")).expect_err("no folder");
        assert!(error.message.contains("cannot write /nonexistent/report.xml"), "{error}");
    }
}
