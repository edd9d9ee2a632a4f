//! A child becomes another user, and nothing of root stays with it.

#![expect(unsafe_code, reason = "the system calls of the child have no safe form; each block states why it is sound")]

use std::io;
use std::ptr;

use libc::{c_char, c_int};

use crate::process::sys::child::step::{Failure, Step, check};
use crate::process::sys::child_setup::ChildAccount;

#[cfg(target_pointer_width = "64")]
use libc::{SYS_setgroups, SYS_setresgid, SYS_setresuid, SYS_setuid};
// The calls with the plain names take ids of 16 bits here.
#[cfg(target_pointer_width = "32")]
use libc::{
    SYS_setgroups32 as SYS_setgroups, SYS_setresgid32 as SYS_setresgid, SYS_setresuid32 as SYS_setresuid,
    SYS_setuid32 as SYS_setuid,
};

/// From `linux/keyctl.h`.
const KEYCTL_JOIN_SESSION_KEYRING: c_int = 1;

/// Groups first, while the child may still set them, then group, then user,
/// each real, effective and saved; then checked. Nothing is left of what makes
/// root root, and neither does the child possess what is in root's keyring.
pub(super) fn take_account(account: &ChildAccount, groups: *const libc::gid_t) -> Result<(), Failure> {
    let (uid, gid) = (account.uid.as_raw(), account.gid.as_raw());
    // SAFETY: plain numbers, and a list of as many groups as said, which the
    // parent made and keeps.
    unsafe {
        // Without the privilege, or where sandboxes refuse them, these two do nothing, and what they
        // would take away is not there or is refused below.
        libc::syscall(libc::SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, ptr::null::<c_char>());
        libc::syscall(libc::SYS_prctl, libc::PR_SET_SECUREBITS, 0, 0, 0, 0);
        check(Step::Account, libc::syscall(SYS_setgroups, account.groups.len(), groups))?;
        check(Step::Account, libc::syscall(SYS_setresgid, gid, gid, gid))?;
        check(Step::Account, libc::syscall(SYS_setresuid, uid, uid, uid))?;
        if uid == 0 {
            return Ok(());
        }
        if libc::syscall(SYS_setuid, 0) == 0 {
            return Err((Step::Account, libc::EPERM));
        }
    }
    give_up_all_capabilities().map_err(|errno| (Step::Account, errno))
}

/// Leaves the calling thread without any capability. The error is a number, since a child may not allocate.
fn give_up_all_capabilities() -> Result<(), c_int> {
    // As linux/capability.h has them: version 3 and this thread; effective, permitted and inheritable bits, twice.
    let mut header: [u32; 2] = [0x2008_0522, 0];
    let mut capabilities = [0_u32; 6];
    // SAFETY: the kernel reads the two arrays, which have the sizes of its
    // structures, may write its own version into the first, and keeps neither.
    if unsafe { libc::syscall(libc::SYS_capset, header.as_mut_ptr(), capabilities.as_ptr()) } == 0 {
        return Ok(());
    }
    // A sandbox that forbids the change may have left none to give up.
    // SAFETY: the kernel reads the first array and fills the second.
    let known = unsafe { libc::syscall(libc::SYS_capget, header.as_mut_ptr(), capabilities.as_mut_ptr()) } == 0;
    if known && capabilities == [0; 6] { Ok(()) } else { Err(libc::EPERM) }
}

/// Leaves the calling thread without any capability.
///
/// # Errors
///
/// When the system leaves some.
pub(crate) fn give_up_capabilities() -> io::Result<()> {
    give_up_all_capabilities().map_err(io::Error::from_raw_os_error)
}
