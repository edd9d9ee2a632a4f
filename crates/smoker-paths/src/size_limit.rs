//! Files whose size is limited (`LimitFSIZE`, `ulimit -f`).

use std::io;

use nix::sys::signal::{SigSet, Signal};

/// Makes a write beyond the limit fail, as one to a full disk does, instead of ending the process by `SIGXFSZ`. Threads that
/// this one starts later inherit it, so it has to be called before there are others.
///
/// # Errors
///
/// Those of `pthread_sigmask(3)`.
pub fn fail_writes_beyond() -> io::Result<()> {
    Ok(SigSet::from_iter([Signal::SIGXFSZ]).thread_block()?)
}
