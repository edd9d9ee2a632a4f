//! Whether the logging configuration is still the one that the daemon was started with: a reload does not read it.

use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use smoker_paths::regular;

/// More than a logging configuration may have, so that every change is seen in what is compared.
const MAX_COMPARED: u64 = 2 << 20;

/// The logging configuration at the daemon's start, or the usual place of one where there was none.
#[derive(Clone, Debug)]
pub(crate) struct LoggingFile {
    path: PathBuf,
    written: Option<Written>,
    content: Option<Vec<u8>>,
}

/// What is different after a file was written or replaced: device, inode, size, seconds and nanoseconds of its last change.
type Written = (u64, u64, u64, i64, i64);

impl LoggingFile {
    /// As it is now.
    pub(crate) fn at_start(path: &Path) -> Self {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        Self { written: written(&path), content: read(&path).ok(), path }
    }

    /// The line for an operator when it has changed.
    pub(crate) fn change(&self) -> Option<String> {
        if written(&self.path) == self.written {
            return None;
        }
        // Configuration management may write what was there before. An account that may not read it knows no more.
        if read(&self.path).is_ok_and(|now| self.content.as_ref() == Some(&now)) {
            return None;
        }
        let path = self.path.display();
        let what = if self.written.is_none() { "is there now" } else { "has changed" };
        Some(format!("logging configuration {path} {what}, which counts from the next start"))
    }
}

fn written(path: &Path) -> Option<Written> {
    let data = path.metadata().ok()?;
    Some((data.dev(), data.ino(), data.size(), data.mtime(), data.mtime_nsec()))
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    regular::open(path)?.take(MAX_COMPARED).read_to_end(&mut content)?;
    Ok(content)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn only_another_content_is_a_change() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("logging.ini");
        let replace = |text: &str| {
            fs::write(folder.path().join("new"), text).expect("writable");
            fs::rename(folder.path().join("new"), &path).expect("the same folder");
        };
        let before = LoggingFile::at_start(&path);
        assert_eq!(before.change(), None, "there is none");
        replace("[loggers]");
        assert!(before.change().is_some_and(|line| line.contains("logging.ini is there now, which counts from the")));
        let file = LoggingFile::at_start(&path);
        assert_eq!(file.change(), None);
        replace("[loggers]");
        assert_eq!(file.change(), None, "written again");
        replace("[handlers]");
        assert!(file.change().is_some_and(|line| line.contains("logging.ini has changed")));
        fs::remove_file(&path).expect("there");
        assert!(file.change().is_some(), "removed");
        replace("[loggers]");
        assert_eq!(file.change(), None, "as it was");
    }
}
