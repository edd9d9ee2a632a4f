//! Standard output.

use std::io::{ErrorKind, Write};

use crate::error::ExitError;

/// Prints a text, and returns whether anybody reads it still.
///
/// # Errors
///
/// When it cannot be written, for example to a full disk.
pub(crate) fn print_while_read(text: &str) -> Result<bool, ExitError> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(ExitError::new(format!("cannot write to standard output: {error}"))),
    }
}

/// Prints a text. It is no error when the reader closes the pipe (`| head`).
///
/// # Errors
///
/// When it cannot be written, for example to a full disk.
pub(crate) fn print(text: &str) -> Result<(), ExitError> {
    print_while_read(text).map(drop)
}
