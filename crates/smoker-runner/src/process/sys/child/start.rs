//! The clone that starts a child.

#![expect(unsafe_code, reason = "clone(2) has no safe form; each block states why it is sound")]

use std::cell::UnsafeCell;
use std::ffi::CString;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::AsRawFd;
use std::ptr;

use libc::{c_char, c_int, c_long, c_void, pid_t};
use nix::sys::signal::{SigSet, SigmaskHow};
use nix::unistd::Pid;

use crate::process::sys::child::prepare::{Shared, run_child};
use crate::process::sys::child::step::Step;
use crate::process::sys::child_setup::{ChildSetup, PendingFork, StartError};

/// The child's stack until it runs its program. What it calls needs a few hundred bytes.
const STACK: usize = 32 * 1024;

/// From `linux/sched.h`, since not every C library's headers have it.
const CLONE_INTO_CGROUP: u64 = 0x2_0000_0000;

/// The kernel's `struct clone_args` as of Linux 5.7.
#[repr(C, align(8))]
#[derive(Default)]
struct CloneArgs {
    flags: u64,
    pidfd: u64,
    child_tid: u64,
    parent_tid: u64,
    exit_signal: u64,
    stack: u64,
    stack_size: u64,
    tls: u64,
    set_tid: u64,
    set_tid_size: u64,
    cgroup: u64,
}

/// Starts a program. Returns when the program has begun, or its process has ended. The number of the process is in
/// `fork` before it does anything; a process that is refused there has ended without a reason.
///
/// # Errors
///
/// Why the program did not begin.
pub(crate) fn start(setup: &ChildSetup, fork: &PendingFork) -> Result<Pid, StartError> {
    let (arguments, environment) = (null_terminated(&setup.arguments), null_terminated(&setup.environment));
    let groups: Vec<_> = setup.account.iter().flat_map(|account| &account.groups).map(|gid| gid.as_raw()).collect();
    let mut shared = Shared {
        setup,
        fork,
        arguments: arguments.as_ptr(),
        environment: environment.as_ptr(),
        groups: groups.as_ptr(),
        enters_cgroup: false,
        failure: UnsafeCell::new((Step::Nothing, 0)),
    };
    let mut stack = vec![MaybeUninit::<u128>::uninit(); STACK / size_of::<u128>()];
    let stack = stack.as_mut_ptr().cast::<c_void>();
    let blocked = BlockedSignals::new();
    let started = match clone3(&shared, stack) {
        // Before Linux 5.3 there is no such call, before 5.7 it knows no cgroups, and sandboxes may not know it.
        Err(error) if matches!(error.raw_os_error(), Some(libc::ENOSYS | libc::EINVAL | libc::E2BIG | libc::EPERM)) => {
            shared.enters_cgroup = setup.cgroup.is_some();
            clone_vfork(&shared, stack)
        }
        other => other,
    };
    drop(blocked);
    let pid = started.map_err(|error| StartError { process: None, error })?;
    match *shared.failure.get_mut() {
        (Step::Nothing, _) => Ok(pid),
        (step, errno) => {
            let error = io::Error::from_raw_os_error(errno);
            let error = match step.context() {
                Some(context) => io::Error::new(error.kind(), format!("{context}: {error}")),
                None => error,
            };
            Err(StartError { process: Some(pid), error })
        }
    }
}

fn null_terminated(texts: &[CString]) -> Vec<*const c_char> {
    texts.iter().map(|text| text.as_ptr()).chain([ptr::null()]).collect()
}

/// All signals of this thread are blocked as long as this lives: a handler
/// that ran in the child would run on the memory of the daemon.
struct BlockedSignals(SigSet);

impl BlockedSignals {
    fn new() -> Self {
        let all = SigSet::all();
        // It fails for an unknown order alone.
        Self(all.thread_swap_mask(SigmaskHow::SIG_BLOCK).unwrap_or_else(|_| SigSet::empty()))
    }
}

impl Drop for BlockedSignals {
    fn drop(&mut self) {
        let _ = self.0.thread_set_mask();
    }
}

/// Starts the child where it belongs at once, so that no moment is outside of its cgroup.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
fn clone3(shared: &Shared<'_>, stack: *mut c_void) -> io::Result<Pid> {
    let mut arguments = CloneArgs {
        flags: (libc::CLONE_VM | libc::CLONE_VFORK | libc::CLONE_PARENT_SETTID) as u64,
        parent_tid: shared.fork.cell() as u64,
        exit_signal: libc::SIGCHLD as u64,
        stack: stack as u64,
        stack_size: STACK as u64,
        ..CloneArgs::default()
    };
    if let Some(cgroup) = &shared.setup.cgroup {
        arguments.flags |= CLONE_INTO_CGROUP;
        arguments.cgroup = u64::from(cgroup.as_raw_fd().unsigned_abs());
    }
    let returned: c_long;
    #[cfg(target_arch = "x86_64")]
    // SAFETY: the kernel reads `arguments` and writes to the cell of `fork`, which outlive the call. The child
    // begins behind the system call with a stack of its own, calls `run_child`,
    // which never returns, and ends in its exit or its program; this thread
    // stands still until then (`CLONE_VFORK`), so all that `shared` refers to
    // lives and is used by the child alone. Registers that the child changes
    // are its own.
    unsafe {
        core::arch::asm!(
            "syscall",
            "test rax, rax",
            "jnz 2f",
            "xor ebp, ebp",
            "mov rdi, r12",
            "call r13",
            "ud2",
            "2:",
            inlateout("rax") libc::SYS_clone3 => returned,
            in("rdi") &raw mut arguments,
            in("rsi") size_of::<CloneArgs>(),
            in("r12") ptr::from_ref(shared).cast::<c_void>(),
            in("r13") run_child as extern "C" fn(*mut c_void) -> c_int,
            lateout("rcx") _,
            lateout("r11") _,
        );
    }
    #[cfg(target_arch = "aarch64")]
    // SAFETY: as above.
    unsafe {
        core::arch::asm!(
            "svc #0",
            "cbnz x0, 2f",
            "mov x29, xzr",
            "mov x0, x21",
            "blr x22",
            "brk #1",
            "2:",
            inlateout("x0") &raw mut arguments => returned,
            in("x1") size_of::<CloneArgs>(),
            in("x8") libc::SYS_clone3,
            in("x21") ptr::from_ref(shared).cast::<c_void>(),
            in("x22") run_child as extern "C" fn(*mut c_void) -> c_int,
        );
    }
    if returned < 0 {
        Err(io::Error::from_raw_os_error(i32::try_from(-returned).unwrap_or(libc::EINVAL)))
    } else {
        Ok(Pid::from_raw(pid_t::try_from(returned).unwrap_or(pid_t::MAX)))
    }
}

/// The call needs a line of assembly for each processor; the others take the older call.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn clone3(_shared: &Shared<'_>, _stack: *mut c_void) -> io::Result<Pid> {
    Err(io::Error::from_raw_os_error(libc::ENOSYS))
}

/// Starts the child with the call that every Linux has; it enters its cgroup itself.
fn clone_vfork(shared: &Shared<'_>, stack: *mut c_void) -> io::Result<Pid> {
    let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::CLONE_PARENT_SETTID | libc::SIGCHLD;
    let cell = shared.fork.cell();
    let shared = ptr::from_ref(shared).cast_mut().cast();
    // SAFETY: the stack has `STACK` bytes and grows downwards from its aligned
    // end; for the rest see `clone3`.
    let pid = unsafe { libc::clone(run_child, stack.byte_add(STACK), flags, shared, cell) };
    if pid < 0 { Err(io::Error::last_os_error()) } else { Ok(Pid::from_raw(pid)) }
}
