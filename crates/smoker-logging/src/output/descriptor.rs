//! Writes to a descriptor whose reader may have stopped reading.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::stat::{SFlag, fstat};
use nix::unistd::write;

/// How long a write may block before it fails, in milliseconds.
const WRITE_TIMEOUT: u16 = 5_000;

/// A pipe or terminal that says it can be written to takes as much without
/// making us wait (POSIX's least `PIPE_BUF`; Linux has 4096).
const ATOMIC_WRITE_BYTES: usize = if cfg!(target_os = "linux") { 4096 } else { 512 };

/// Writes lines, each in a line of its own also when the one before was torn.
#[derive(Debug, Default)]
pub(crate) struct LineWriter {
    is_torn: bool,
}

impl LineWriter {
    /// Writes a line.
    ///
    /// # Errors
    ///
    /// As `write`, and `TimedOut` if no reader reads.
    pub(crate) fn write(&mut self, to: impl AsFd, text: &str) -> io::Result<()> {
        let line = format!("{}{text}\n", if self.is_torn { "\n" } else { "" });
        let (written, result) = write_all(to.as_fd(), line.as_bytes());
        if let Some(last) = written.checked_sub(1) {
            self.is_torn = line.as_bytes()[last] != b'\n';
        }
        result
    }
}

/// Writes all bytes and returns how many were written. A file gets them at once;
/// anything else, in portions that cannot block.
fn write_all(to: BorrowedFd<'_>, bytes: &[u8]) -> (usize, io::Result<()>) {
    let at_once = if is_file(to) { usize::MAX } else { ATOMIC_WRITE_BYTES };
    let mut done = 0;
    while done < bytes.len() {
        match is_writable(to, WRITE_TIMEOUT) {
            Ok(true) => {}
            Ok(false) => return (done, Err(io::Error::new(io::ErrorKind::TimedOut, "no reader took it in time"))),
            Err(error) => return (done, Err(error)),
        }
        match write(to, &bytes[done..bytes.len().min(done.saturating_add(at_once))]) {
            Ok(0) => return (done, Err(io::ErrorKind::WriteZero.into())),
            Ok(written) => done += written,
            Err(Errno::EINTR | Errno::EAGAIN) => {}
            Err(error) => return (done, Err(error.into())),
        }
    }
    (done, Ok(()))
}

/// Writes a short text unless that would block. For messages about the log itself,
/// for which no handler is left.
pub(crate) fn write_without_waiting(to: impl AsFd, text: &str) {
    let to = to.as_fd();
    if is_writable(to, 0).unwrap_or(false) {
        let _ = write(to, &text.as_bytes()[..text.len().min(ATOMIC_WRITE_BYTES)]);
    }
}

fn is_file(descriptor: BorrowedFd<'_>) -> bool {
    fstat(descriptor).is_ok_and(|stat| SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT == SFlag::S_IFREG)
}

fn is_writable(descriptor: BorrowedFd<'_>, milliseconds: u16) -> io::Result<bool> {
    loop {
        match poll(&mut [PollFd::new(descriptor, PollFlags::POLLOUT)], PollTimeout::from(milliseconds)) {
            Err(Errno::EINTR) => {}
            polled => return Ok(polled? > 0),
        }
    }
}
