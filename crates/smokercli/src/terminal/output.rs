//! Standard output.

use std::io::{self, ErrorKind, Write};

use smoker_paths::standard_streams;

use crate::error::ExitError;

/// Makes sure that standard output is open, before a long call begins.
///
/// # Errors
///
/// When it was closed when the program began (`>&-`): what is written there would be lost.
pub(crate) fn check_open() -> Result<(), ExitError> {
    standard_streams::check_output().map_err(|error| unwritable(&error))
}

fn unwritable(error: &io::Error) -> ExitError {
    ExitError::new(format!("cannot write to standard output: {error}"))
}

/// Prints a text, and returns whether anybody reads it still.
///
/// # Errors
///
/// When it cannot be written, for example to a full disk, or standard output is closed.
pub(crate) fn print_while_read(text: &str) -> Result<bool, ExitError> {
    if !text.is_empty() {
        check_open()?;
    }
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(unwritable(&error)),
    }
}

/// Prints a text. It is no error when the reader closes the pipe (`| head`).
///
/// # Errors
///
/// When it cannot be written, for example to a full disk.
pub fn print(text: &str) -> Result<(), ExitError> {
    print_while_read(text).map(drop)
}
