//! Standard streams that were closed when the program began (`>&-`).
//!
//! Rust's runtime opens `/dev/null` in the place of one that is closed, before `main`, so that no other file gets its number. What is
//! written there is lost, and no call fails. To know it later by what the descriptor leads to is not possible: a program that starts this one
//! with its output to `/dev/null` on purpose may have opened that for reading and writing, too, as Python's `subprocess.DEVNULL` is. So a
//! function that the loader calls before the runtime looks.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};

static IS_OUTPUT_CLOSED: AtomicBool = AtomicBool::new(false);

// SAFETY: the loader calls the functions that this section lists, with the C calling convention, on the only thread that there is. This
// one has no arguments that it would read, asks the system for the flags of a descriptor, and does not panic.
#[used]
#[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
#[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".init_array"))]
#[expect(unsafe_code, reason = "nothing else runs before the runtime opens /dev/null")]
static LOOK: extern "C" fn() = look;

extern "C" fn look() {
    let is_closed = fcntl(io::stdout(), FcntlArg::F_GETFD) == Err(Errno::EBADF);
    IS_OUTPUT_CLOSED.store(is_closed, Ordering::Relaxed);
}

/// Makes sure that standard output was open when the program began.
///
/// # Errors
///
/// When it was closed: what is written there now is lost.
pub fn check_output() -> io::Result<()> {
    if IS_OUTPUT_CLOSED.load(Ordering::Relaxed) {
        return Err(io::Error::other("it is closed; to print nothing, redirect it to /dev/null"));
    }
    Ok(())
}
