//! What a child is made of: another user, and none of our descriptors.
//!
//! The only module of the workspace with `unsafe`. The closure for `pre_exec`
//! runs in a forked copy of a process with many threads, so it makes system
//! calls and nothing else: no allocation, no lock, no formatting.

#![expect(unsafe_code, reason = "pre_exec and the calls in it have no safe form; each block states why it is sound")]

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::unistd::{Gid, Uid};

/// Makes the command run with the given ids: groups first, while we may still
/// set them, then group, then user, each real, effective and saved; then
/// checked; then nothing is left of what makes root root. Any failure refuses the exec.
pub(crate) fn run_as(command: &mut Command, uid: Uid, gid: Gid, groups: &[Gid]) {
    let (uid, gid) = (uid.as_raw(), gid.as_raw());
    let groups: Vec<libc::gid_t> = groups.iter().map(|group| group.as_raw()).collect();
    let become_account = move || {
        // SAFETY: the pointer and length come from one vector that lives as
        // long as the closure; the call only reads it.
        check(unsafe { libc::setgroups(groups.len() as _, groups.as_ptr()) })?;
        set_ids(uid, gid)?;
        if uid == 0 {
            return Ok(());
        }
        // SAFETY: takes and returns plain numbers. Succeeding would mean that
        // the child can become root again.
        verify(unsafe { libc::setuid(0) } != 0)?;
        give_up_capabilities()
    };
    // SAFETY: the closure makes only async-signal-safe system calls and
    // neither allocates nor locks; its captures were made before the fork.
    unsafe { command.pre_exec(become_account) };
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

/// Leaves the calling thread without any capability.
#[cfg(target_os = "linux")]
pub(crate) fn give_up_capabilities() -> io::Result<()> {
    // As linux/capability.h has them: version 3 and this thread; effective, permitted and inheritable bits, twice.
    let mut header: [u32; 2] = [0x2008_0522, 0];
    let mut capabilities = [0_u32; 6];
    // SAFETY: the kernel reads the two arrays, which have the sizes of its
    // structures, may write its own version into the first, and keeps neither.
    let given_up = unsafe { libc::syscall(libc::SYS_capset, header.as_mut_ptr(), capabilities.as_ptr()) } == 0;
    if given_up {
        return Ok(());
    }
    // A sandbox can refuse the change; then there must be none.
    // SAFETY: the kernel reads the first array and fills the second.
    let known = unsafe { libc::syscall(libc::SYS_capget, header.as_mut_ptr(), capabilities.as_mut_ptr()) } == 0;
    verify(known && capabilities == [0; 6])
}

/// There are none elsewhere.
#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
pub(crate) fn give_up_capabilities() -> io::Result<()> {
    Ok(())
}

#[cfg(target_os = "linux")]
fn set_ids(uid: libc::uid_t, gid: libc::gid_t) -> io::Result<()> {
    let mut uids = [!uid; 3];
    let mut gids = [!gid; 3];
    let [real_uid, effective_uid, saved_uid] = &mut uids;
    let [real_gid, effective_gid, saved_gid] = &mut gids;
    // SAFETY: the setters take plain numbers; the getters write to six
    // distinct variables that outlive the calls.
    unsafe {
        check(libc::setresgid(gid, gid, gid))?;
        check(libc::setresuid(uid, uid, uid))?;
        check(libc::getresgid(real_gid, effective_gid, saved_gid))?;
        check(libc::getresuid(real_uid, effective_uid, saved_uid))?;
    }
    verify(uids == [uid; 3] && gids == [gid; 3])
}

/// Without `setresuid` a call by root sets all three ids.
#[cfg(not(target_os = "linux"))]
fn set_ids(uid: libc::uid_t, gid: libc::gid_t) -> io::Result<()> {
    // SAFETY: all calls take and return plain numbers.
    unsafe {
        check(libc::setgid(gid))?;
        check(libc::setuid(uid))?;
        verify(libc::getuid() == uid && libc::geteuid() == uid && libc::getgid() == gid && libc::getegid() == gid)
    }
}

fn check(returned: libc::c_int) -> io::Result<()> {
    if returned == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn verify(holds: bool) -> io::Result<()> {
    if holds { Ok(()) } else { Err(io::Error::from_raw_os_error(libc::EPERM)) }
}
