//! The life of a child before its program.

#![expect(unsafe_code, reason = "the system calls of the child have no safe form; each block states why it is sound")]

use std::cell::UnsafeCell;
use std::convert::Infallible;
use std::os::fd::AsRawFd;
use std::ptr;

use libc::{c_char, c_int, c_void};

use crate::process::sys::child::account::take_account;
use crate::process::sys::child::limits::{lower_limit, set_soft_limit};
use crate::process::sys::child::step::{Failure, Step, check};
use crate::process::sys::child_setup::{ChildSetup, PendingFork};

/// Signals are numbered from 1 to this, and a set of them has this many bytes.
const LAST_SIGNAL: c_int = 64;
const SIGNAL_SET: usize = 8;

/// What the child reads and where it says what failed.
pub(super) struct Shared<'a> {
    pub(super) setup: &'a ChildSetup,
    pub(super) fork: &'a PendingFork,
    pub(super) arguments: *const *const c_char,
    pub(super) environment: *const *const c_char,
    pub(super) groups: *const libc::gid_t,
    /// Whether the child has to enter the cgroup by itself.
    pub(super) enters_cgroup: bool,
    pub(super) failure: UnsafeCell<(Step, c_int)>,
}

/// The child's life before its program.
pub(super) extern "C" fn run_child(shared: *mut c_void) -> c_int {
    // SAFETY: the parent passes a `Shared`, which lives until the child has
    // ended or runs its program.
    let shared = unsafe { &*shared.cast::<Shared<'_>>() };
    let failure = if shared.fork.is_refused() {
        (Step::Nothing, 0)
    } else {
        let Err(failure) = prepare_and_exec(shared);
        failure
    };
    // SAFETY: the parent, which owns the cell, stands still; the exit ends this
    // process without anything of the C library's, which is the parent's, too.
    unsafe {
        *shared.failure.get() = failure;
        libc::syscall(libc::SYS_exit_group, 127);
    }
    127
}

fn prepare_and_exec(shared: &Shared<'_>) -> Result<Infallible, Failure> {
    let setup = shared.setup;
    enter_cgroup(shared)?;
    // SAFETY: takes nothing.
    check(Step::Session, unsafe { libc::syscall(libc::SYS_setsid) })?;
    take_streams(setup)?;
    set_limits(setup)?;
    if let Some(nice) = setup.nice {
        // SAFETY: plain numbers.
        check(Step::Nice, unsafe { libc::syscall(libc::SYS_setpriority, libc::PRIO_PROCESS, 0, nice) })?;
    }
    if let Some(account) = &setup.account {
        take_account(account, shared.groups)?;
    }
    // SAFETY: the calls take plain numbers, and texts that end with a NUL and
    // outlive the child's preparation.
    unsafe {
        if let Some(umask) = setup.umask {
            libc::syscall(libc::SYS_umask, umask);
        }
        if let Some(folder) = &setup.work_dir {
            check(Step::WorkDir, libc::syscall(libc::SYS_chdir, folder.as_ptr()))?;
        }
        if setup.no_new_privileges {
            check(Step::NoNewPrivileges, libc::syscall(libc::SYS_prctl, libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))?;
        }
    }
    reset_signals();
    // SAFETY: the arrays end with a null pointer and outlive the call.
    let returned =
        unsafe { libc::syscall(libc::SYS_execve, setup.program.as_ptr(), shared.arguments, shared.environment) };
    check(Step::Program, returned)?;
    Err((Step::Program, libc::EINVAL))
}

fn enter_cgroup(shared: &Shared<'_>) -> Result<(), Failure> {
    let Some(cgroup) = shared.setup.cgroup.as_ref().filter(|_| shared.enters_cgroup) else { return Ok(()) };
    let flags = libc::O_WRONLY | libc::O_CLOEXEC;
    // SAFETY: the texts end with a NUL or are as long as said.
    unsafe {
        let file = libc::syscall(libc::SYS_openat, cgroup.as_raw_fd(), c"cgroup.procs".as_ptr(), flags);
        let file = check(Step::Cgroup, file)?;
        check(Step::Cgroup, libc::syscall(libc::SYS_write, file, c"0".as_ptr(), 1))?;
    }
    Ok(())
}

/// Puts the streams in their places, none of which is the source of another
/// (`ChildSetup::streams`). The rest is closed at once: a child that hangs on the
/// way to its program would hold the pipes of other runs open. Where the kernel
/// cannot close all at once (before 5.9), each is closed when the program begins:
/// it is marked so when it is opened, and the inherited ones at the daemon's start.
fn take_streams(setup: &ChildSetup) -> Result<(), Failure> {
    for (place, stream) in (0..).zip(&setup.streams) {
        let place: c_int = place;
        let stream = stream.as_raw_fd();
        // SAFETY: plain numbers.
        let returned = unsafe {
            if stream == place {
                libc::syscall(libc::SYS_fcntl, stream, libc::F_SETFD, 0)
            } else {
                libc::syscall(libc::SYS_dup3, stream, place, 0)
            }
        };
        check(Step::Streams, returned)?;
    }
    // SAFETY: plain numbers.
    unsafe { libc::syscall(libc::SYS_close_range, 3, c_int::MAX, 0) };
    Ok(())
}

fn set_limits(setup: &ChildSetup) -> Result<(), Failure> {
    if let Some((resource, soft)) = setup.mark {
        let _ = set_soft_limit(resource, soft);
    }
    if let Some(soft) = setup.open_files {
        let _ = set_soft_limit(libc::RLIMIT_NOFILE, soft);
    }
    for (resource, limit) in &setup.limits {
        lower_limit(*resource, *limit)?;
    }
    if setup.resets_oom_score {
        // SAFETY: the texts end with a NUL or are as long as said. A kernel
        // without the file has no such killer.
        unsafe {
            let flags = libc::O_WRONLY | libc::O_CLOEXEC;
            let file = libc::syscall(libc::SYS_openat, libc::AT_FDCWD, c"/proc/self/oom_score_adj".as_ptr(), flags);
            libc::syscall(libc::SYS_write, file, c"0".as_ptr(), 1);
        }
    }
    Ok(())
}

/// Every signal gets its default, then none is blocked. The other order would
/// let a signal reach a handler of the daemon's.
fn reset_signals() {
    // All bytes zero: the default action, no flags, an empty mask. The system call itself, because the C
    // library refuses the two signals that it uses itself. No processor's structure is larger.
    let default = [0_u64; 8];
    for signal in 1..=LAST_SIGNAL {
        // SAFETY: the kernel reads as many bytes as its structure has; signals that cannot be changed are refused.
        unsafe {
            libc::syscall(libc::SYS_rt_sigaction, signal, default.as_ptr(), ptr::null::<c_void>(), SIGNAL_SET);
        }
    }
    let none = [0_u64; 2];
    // SAFETY: the kernel reads as many bytes as its own set of signals has.
    unsafe {
        libc::syscall(libc::SYS_rt_sigprocmask, libc::SIG_SETMASK, none.as_ptr(), ptr::null::<c_void>(), SIGNAL_SET);
    }
}
