//! System calls about processes that have no safe form in a library: processes
//! by descriptor, so that a signal reaches the process that was meant and not
//! another that got its number since (`pidfd_open(2)`, `pidfd_send_signal(2)`),
//! the whole exit status of a child (`waitpid(2)`), and flags of descriptors by number.

#![expect(unsafe_code, reason = "no library has a safe form of these calls; each block states why it is sound")]

use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::ptr;

use nix::sys::signal::Signal;
use nix::unistd::Pid;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Collects a child that has ended; none while it lives. The wrapper of the
/// `nix` crate loses children that a real-time signal has ended.
///
/// # Errors
///
/// When this is no child of ours, or was collected before.
pub(crate) fn reap(pid: Pid) -> io::Result<Option<ExitStatus>> {
    let mut status = 0;
    // SAFETY: the kernel writes one number.
    let returned = unsafe { libc::waitpid(pid.as_raw(), &raw mut status, libc::WNOHANG) };
    match returned {
        0 => Ok(None),
        pid if pid > 0 => Ok(Some(ExitStatus::from_raw(status))),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Lets the runtime tell when a descriptor becomes readable. Of a process's it
/// does when the process has ended; none when the runtime has no room for it.
#[cfg(target_os = "linux")]
pub(crate) fn watch(descriptor: OwnedFd) -> Option<AsyncFd<OwnedFd>> {
    // SAFETY: an `OwnedFd` is open, and the same descriptor, as long as it lives.
    unsafe { AsyncFd::register_with_interest(descriptor, Interest::READABLE) }.ok()
}

/// A descriptor of a process. It becomes readable when the process has ended.
///
/// # Errors
///
/// When there is no such process, or the kernel is older than 5.3.
#[cfg(target_os = "linux")]
pub(crate) fn open_pidfd(pid: Pid) -> io::Result<OwnedFd> {
    // SAFETY: takes plain numbers and gives a descriptor that nobody else has.
    let returned = unsafe { libc::syscall(libc::SYS_pidfd_open, pid.as_raw(), 0) };
    match i32::try_from(returned) {
        // SAFETY: see above.
        Ok(descriptor) if descriptor >= 0 => Ok(unsafe { OwnedFd::from_raw_fd(descriptor) }),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Signals the process of a descriptor.
///
/// # Errors
///
/// When the process has ended or is not this account's to signal.
#[cfg(target_os = "linux")]
pub(crate) fn signal_pidfd(process: impl AsFd, signal: Signal) -> io::Result<()> {
    let descriptor = process.as_fd().as_raw_fd();
    // SAFETY: takes plain numbers; without a structure the kernel fills in its own.
    let returned =
        unsafe { libc::syscall(libc::SYS_pidfd_send_signal, descriptor, signal as i32, ptr::null::<u8>(), 0) };
    if returned == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Keeps descriptors that the program which started us left open from our children. Our
/// own are never inherited: the standard library opens them so.
pub(crate) fn close_inherited_descriptors_on_exec() {
    let Ok(entries) = std::fs::read_dir("/dev/fd") else { return };
    let numbers = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<libc::c_int>().ok());
    for number in numbers.filter(|number| *number > libc::STDERR_FILENO) {
        // SAFETY: takes plain numbers and changes a flag; a number that is no
        // longer open, such as that of the listing itself, is an error we ignore.
        unsafe { libc::fcntl(number, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
}
