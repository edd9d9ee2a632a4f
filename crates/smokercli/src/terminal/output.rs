//! Standard output.

use std::io::{ErrorKind, Write};

use crate::error::ExitError;

/// Prints a text. It is no error when the reader closes the pipe (`| head`).
///
/// # Errors
///
/// When it cannot be written, for example to a full disk.
pub(crate) fn print(text: &str) -> Result<(), ExitError> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(ExitError::new(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}
