//! The one place where commands write to the standard streams. A stream that cannot be written to is never a panic.

use std::fmt::Display;
use std::io::{self, Write};

use smoker_paths::standard_streams;
use thiserror::Error;

/// Why a text is not on standard output.
#[derive(Debug, Error)]
#[error("cannot write to standard output: {0}")]
pub(crate) struct OutputError(#[from] io::Error);

impl From<OutputError> for String {
    fn from(error: OutputError) -> Self {
        error.to_string()
    }
}

/// Makes sure that standard output was open when the program began: the runtime opens `/dev/null` in its place.
///
/// # Errors
///
/// When it was closed (`>&-`).
pub(crate) fn check_open() -> Result<(), OutputError> {
    Ok(standard_streams::check_output()?)
}

/// Writes a text to standard output.
///
/// # Errors
///
/// When it cannot be written, for example to a full disk. A reader that closed the pipe (`| head`) has read enough: that is none.
pub(crate) fn print(text: &str) -> Result<(), OutputError> {
    check_open()?;
    let mut out = io::stdout().lock();
    ignore_closed_pipe(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// Writes a line to standard output that is lost unless somebody reads it, such as a password.
///
/// # Errors
///
/// When it cannot be written, also because the reader has closed the pipe.
pub(crate) fn print_secret(line: &str) -> Result<(), OutputError> {
    check_open()?;
    let mut out = io::stdout().lock();
    Ok(out.write_all(format!("{line}\n").as_bytes()).and_then(|()| out.flush())?)
}

/// As [`print()`], with a line break behind it.
///
/// # Errors
///
/// As [`print()`].
pub(crate) fn print_line(line: impl Display) -> Result<(), OutputError> {
    print(&format!("{line}\n"))
}

/// What became of a write to standard output.
///
/// # Errors
///
/// As [`print()`].
pub(crate) fn ignore_closed_pipe(written: io::Result<()>) -> Result<(), OutputError> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Writes a line to standard error. One that cannot be written is lost: the exit code has to do.
pub(crate) fn report(line: impl Display) {
    let _ = io::stderr().lock().write_all(format!("{line}\n").as_bytes());
}
