//! Files of the kernel and the system, read with a bound and named in errors.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// No file of the system that a check reads is longer.
const LONGEST: u64 = 64 * 1024 * 1024;

/// The text of a file; the error names it, and has the system's reason.
pub(crate) fn read(path: impl AsRef<Path>) -> Result<String, String> {
    let path = path.as_ref();
    bytes(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).map_err(|error| unreadable(path, &error))
}

/// As [`read`], without the blanks at its ends; none when there is no such file.
pub(crate) fn optional(path: impl AsRef<Path>) -> Result<Option<String>, String> {
    let path = path.as_ref();
    match bytes(path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).trim().to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(path, &error)),
    }
}

/// What to say about a path that cannot be read.
pub(crate) fn unreadable(path: &Path, error: &io::Error) -> String {
    format!("{} cannot be read: {}", path.display(), reason(error))
}

/// The system's reason, without the number that Rust adds behind it.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error ").next().unwrap_or_default().to_owned()
}

fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    File::open(path)?.take(LONGEST + 1).read_to_end(&mut content)?;
    // What is behind the bound may be what is looked for.
    if content.len() as u64 > LONGEST {
        return Err(io::Error::other("it is longer than 64 MiB"));
    }
    Ok(content)
}
