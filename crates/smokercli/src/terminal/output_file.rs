//! Files that a call writes its report to.

use std::ffi::OsString;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt, fchown};
use std::path::{Path, PathBuf};

use crate::error::ExitError;

/// How many links are followed to a file that is not there yet.
const MAX_LINKS: usize = 40;
/// How many names are tried for a new file.
const MAX_NAMES: usize = 100;

/// A file that can be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OutputFile(PathBuf);

impl OutputFile {
    /// Makes sure that the file can be written, before a long call begins. What it holds stays until then, and one that is not there is
    /// not made: a call that fails or is interrupted leaves no empty file.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub(crate) fn new(path: &Path) -> Result<Self, ExitError> {
        if path.file_name().is_none() || path.as_os_str().as_encoded_bytes().ends_with(b"/") {
            return Err(unwritable(path, &ErrorKind::IsADirectory.into()));
        }
        // To open it would wait for a reader, without end, and who reads it would see the end before there is a report.
        if !is_descriptor(path) && fs::metadata(path).is_ok_and(|metadata| metadata.file_type().is_fifo()) {
            let reason = "it is a named pipe, of which nobody may ever read; name a file, or in a shell >(COMMAND)";
            return Err(unwritable(path, &io::Error::other(reason)));
        }
        let opened = match OpenOptions::new().append(true).open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                new_beside(&target(path)).and_then(|(new, _)| fs::remove_file(new))
            }
            opened => opened.map(drop),
        };
        opened.map_err(|error| unwritable(path, &error))?;
        Ok(Self(path.to_owned()))
    }

    /// Its path, as it is named.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Whether this is another name of the file. What is no file keeps what was written before.
    pub(crate) fn is_at(&self, path: &Path) -> bool {
        is_one_file(&self.0, path)
    }

    /// Writes the text: a reader sees the file as it was, or all of the text.
    ///
    /// # Errors
    ///
    /// When it cannot be written, for example to a full disk. A file that was there is then as it was, unless its folder is not ours.
    pub(crate) fn write(&self, text: &str) -> Result<(), ExitError> {
        let path = &self.0;
        let written = if is_special(path) {
            OpenOptions::new().append(true).open(path).and_then(|mut file| file.write_all(text.as_bytes()))
        } else {
            match replace(&target(path), text) {
                // The folder is not ours, and the file is.
                Err(error) if is_refused(&error) && path.is_file() => {
                    File::create(path).and_then(|mut file| file.write_all(text.as_bytes()))
                }
                replaced => replaced,
            }
        };
        written.map_err(|error| unwritable(path, &error))
    }
}

/// A pipe or a device is no file to be replaced, and neither is a descriptor of ours (`/dev/stdout`, `/dev/fd/63`), whatever it leads
/// to.
fn is_special(path: &Path) -> bool {
    is_descriptor(path) || fs::metadata(path).is_ok_and(|metadata| !metadata.is_file())
}

fn is_descriptor(path: &Path) -> bool {
    ["/dev/fd", "/dev/stdout", "/dev/stderr", "/proc"].iter().any(|special| path.starts_with(special))
}

fn is_refused(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem)
}

/// Whether these are two names of a file, also of one that is not there yet. What is no file keeps what was written before.
pub(crate) fn is_one_file(path: &Path, other: &Path) -> bool {
    match (fs::metadata(path), fs::metadata(other)) {
        (Ok(one), Ok(other)) => one.is_file() && (one.dev(), one.ino()) == (other.dev(), other.ino()),
        (Err(_), Err(_)) => target(path) == target(other),
        _ => false,
    }
}

/// Where a path leads to, also when there is no file yet. A link stays one.
pub(crate) fn target(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        if let Ok(target) = fs::canonicalize(&path) {
            return target;
        }
        let Ok(next) = fs::read_link(&path) else { break };
        path = path.with_file_name("").join(next);
    }
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    match (fs::canonicalize(folder), path.file_name().map(OsString::from)) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path,
    }
}

/// Puts a new file in the place of a regular one, or where there is none yet.
fn replace(target: &Path, text: &str) -> io::Result<()> {
    let (new, file) = new_beside(target)?;
    let written = fill(&file, text, fs::metadata(target).ok()).and_then(|()| fs::rename(&new, target));
    if written.is_err() {
        // Best effort: the error of writing is what matters.
        let _ = fs::remove_file(&new);
    }
    written
}

/// Writes everything, with the permissions of the file that it takes the place of.
fn fill(mut file: &File, text: &str, old: Option<Metadata>) -> io::Result<()> {
    file.write_all(text.as_bytes())?;
    if let Some(old) = old {
        // Only root can keep another account's file as that account's.
        let _ = fchown(file, Some(old.uid()), Some(old.gid()));
        file.set_permissions(old.permissions())?;
    }
    file.sync_all()
}

/// A new file in the folder of this one. Its name is short, since that of the other may be as long as names can be.
fn new_beside(target: &Path) -> io::Result<(PathBuf, File)> {
    for attempt in 0..MAX_NAMES {
        let new = target.with_file_name(format!(".smokercli-{}-{attempt}.new", std::process::id()));
        match OpenOptions::new().write(true).create_new(true).open(&new) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            opened => return Ok((new, opened?)),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

fn unwritable(path: &Path, error: &io::Error) -> ExitError {
    ExitError::new(format!("cannot write {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("a folder");
        entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8")).collect()
    }

    #[test]
    fn a_file_is_replaced_and_a_link_stays_one() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (file, link) = (folder.path().join("report"), folder.path().join("link"));
        // The file is not there yet.
        symlink("report", &link).expect("a link");
        OutputFile::new(&link).expect("writable").write("one\n").expect("room");
        assert_eq!(fs::read_to_string(&file).expect("it is there"), "one\n");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).expect("ours");
        OutputFile::new(&link).expect("writable").write("two\n").expect("room");
        assert_eq!(fs::read_to_string(&file).expect("it is there"), "two\n");
        assert_eq!(fs::metadata(&file).expect("it is there").permissions().mode() & 0o777, 0o640);
        assert!(fs::symlink_metadata(&link).expect("it is there").is_symlink());
        assert_eq!(names(folder.path()).len(), 2);
        OutputFile::new(Path::new("/dev/null")).expect("writable").write("x").expect("it takes all");
        let long = folder.path().join("n".repeat(255));
        OutputFile::new(&long).expect("writable").write("three\n").expect("room");
        assert_eq!(fs::read_to_string(&long).expect("it is there"), "three\n");
    }

    #[test]
    fn nothing_is_made_before_there_is_something_to_write() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("report");
        let output = OutputFile::new(&file).expect("writable");
        assert_eq!(names(folder.path()), [""; 0]);
        fs::write(&file, "old").expect("writable");
        OutputFile::new(&file).expect("writable");
        assert_eq!(fs::read_to_string(&file).expect("it is there"), "old");
        // What cannot be written leaves the old one: the folder is full of names of this process.
        for attempt in 0..MAX_NAMES {
            fs::write(file.with_file_name(format!(".smokercli-{}-{attempt}.new", std::process::id())), "")
                .expect("room");
        }
        output.write("new").expect_err("no name is left");
        assert_eq!(fs::read_to_string(&file).expect("it is there"), "old");
    }

    #[test]
    fn a_descriptor_keeps_what_was_written_to_it() {
        use std::os::fd::AsRawFd;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("log");
        let mut file = File::create(&path).expect("writable");
        file.write_all(b"before\n").expect("room");
        let descriptor = PathBuf::from(format!("/dev/fd/{}", file.as_raw_fd()));
        OutputFile::new(&descriptor).expect("writable").write("report\n").expect("room");
        assert_eq!(fs::read_to_string(&path).expect("it is there"), "before\nreport\n");
    }

    #[test]
    fn nobody_waits_for_the_reader_of_a_named_pipe() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("it runs").success());
        let told = OutputFile::new(&pipe).expect_err("a pipe").message;
        assert!(told.contains("pipe: it is a named pipe"), "{told}");
    }

    #[test]
    fn what_cannot_be_written_is_told_at_once() {
        for path in ["/nonexistent/report.xml", "/", "", "report/"] {
            let error = OutputFile::new(Path::new(path)).expect_err("no file can be there");
            assert!(error.message.contains(&format!("cannot write {path}: ")), "{error}");
        }
    }
}
