//! Standard output.

use std::io::{ErrorKind, Write};

use nix::sys::signal::{SigSet, Signal};

use crate::error::ExitError;

/// Makes a file that reaches the limit of its size (`ulimit -f`) an error of the write, which has a message and an exit
/// code; unblocked, the signal would end the process. To be called before other threads are started.
pub(crate) fn block_file_size_signal() {
    // Without it the client works, too.
    let _ = SigSet::from_iter([Signal::SIGXFSZ]).thread_block();
}

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
