//! The start of a child: what it inherits, and what it does not.
//!
//! One of the three files of the workspace with `unsafe` (another, `calls.rs`,
//! wraps single system calls). A child begins in the address space of the daemon
//! (`CLONE_VM`), while the thread that starts it stands still (`CLONE_VFORK`), so
//! nothing of the daemon is copied and its size does not matter. Until it runs
//! its program the child makes system calls and nothing else: no allocation, no
//! lock, no formatting; and only raw ones where the C library would tell other
//! threads of a change (`setuid` and its like).
//!
//! # What a child inherits
//!
//! | what | how a child gets it |
//! |---|---|
//! | signals | none blocked, each at its default |
//! | session, controlling terminal | a session of its own, so no terminal |
//! | descriptors | 0, 1 and 2 as given; all others are closed when the program begins |
//! | user, groups | as given, real, effective and saved; checked that root cannot come back |
//! | capabilities, securebits | with another user: none, ambient and inheritable ones included |
//! | `no_new_privs` | as given; once set in the daemon it stays |
//! | session keyring | with another user: a new, empty one |
//! | resource limits | the daemon's, but for the soft limit on open files, which is as the daemon found it, and those given |
//! | cgroup | as given |
//! | nice value | as given, else the daemon's |
//! | I/O priority, scheduling policy, processors | the daemon's: they are set for the daemon because of its checks |
//! | `oom_score_adj` | 0 where the daemon is protected from the kernel's OOM killer, else the daemon's |
//! | umask, working folder | as given, else the daemon's |
//! | dumpable | as the kernel sets it when a program begins |
//! | environment | as given |

#![expect(
    unsafe_code,
    reason = "clone(2) and the system calls of the child have no safe form; each block states why it is sound"
)]

use std::cell::UnsafeCell;
use std::convert::Infallible;
use std::ffi::CString;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::AsRawFd;
use std::ptr;

use libc::{c_char, c_int, c_long, c_void, pid_t};
use nix::sys::signal::{SigSet, SigmaskHow};
use nix::unistd::Pid;

use crate::process::sys::calls;
use crate::process::sys::child_setup::{ChildAccount, ChildSetup, LimitedResource, StartedChild};

#[cfg(target_pointer_width = "64")]
use libc::{SYS_setgroups, SYS_setresgid, SYS_setresuid, SYS_setuid};
// The calls with the plain names take ids of 16 bits here.
#[cfg(target_pointer_width = "32")]
use libc::{
    SYS_setgroups32 as SYS_setgroups, SYS_setresgid32 as SYS_setresgid, SYS_setresuid32 as SYS_setresuid,
    SYS_setuid32 as SYS_setuid,
};

/// The child's stack until it runs its program. What it calls needs a few hundred bytes.
const STACK: usize = 32 * 1024;

/// From `linux/sched.h` and `linux/close_range.h`, since not every C library's headers have them.
const CLONE_INTO_CGROUP: u64 = 0x2_0000_0000;
const CLOSE_RANGE_CLOEXEC: c_int = 4;

/// From `linux/keyctl.h`.
const KEYCTL_JOIN_SESSION_KEYRING: c_int = 1;

/// Signals are numbered from 1 to this, and a set of them has this many bytes.
const LAST_SIGNAL: c_int = 64;
const SIGNAL_SET: usize = 8;

/// What failed in a child before its program began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Nothing,
    Session,
    Streams,
    Cgroup,
    Limits,
    Nice,
    Account,
    WorkDir,
    NoNewPrivileges,
    Program,
}

impl Step {
    /// What to say before the system's reason; the program's own is the caller's to explain.
    fn context(self) -> Option<&'static str> {
        match self {
            Self::Limits => Some("can't set its resource limits"),
            Self::Cgroup => Some("can't enter its cgroup"),
            Self::Nice => Some("can't set its nice value"),
            Self::WorkDir => Some("can't change to its WorkDir"),
            Self::NoNewPrivileges => Some("can't set no_new_privs"),
            Self::Nothing | Self::Session | Self::Streams | Self::Account | Self::Program => None,
        }
    }
}

/// What the child reads and where it says what failed.
struct Shared<'a> {
    setup: &'a ChildSetup<'a>,
    arguments: *const *const c_char,
    environment: *const *const c_char,
    groups: *const libc::gid_t,
    /// Whether the child has to enter the cgroup by itself.
    enters_cgroup: bool,
    failure: UnsafeCell<(Step, c_int)>,
}

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

/// Starts a program. Returns when the program has begun.
///
/// # Errors
///
/// The system's reason, with the step that failed when that was not the
/// program's own start.
pub(crate) fn start(setup: &ChildSetup<'_>) -> io::Result<StartedChild> {
    let (arguments, environment) = (null_terminated(setup.arguments), null_terminated(setup.environment));
    let groups: Vec<_> = setup.account.iter().flat_map(|account| account.groups).map(|gid| gid.as_raw()).collect();
    let mut shared = Shared {
        setup,
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
    let pid = started?;
    match *shared.failure.get_mut() {
        (Step::Nothing, _) => Ok(StartedChild { pid, end: calls::open_pidfd(pid).ok().and_then(calls::watch) }),
        (step, errno) => {
            let _ = nix::sys::wait::waitpid(pid, None);
            let error = io::Error::from_raw_os_error(errno);
            Err(step.context().map_or_else(
                || io::Error::from_raw_os_error(errno),
                |context| io::Error::new(error.kind(), format!("{context}: {error}")),
            ))
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
        flags: (libc::CLONE_VM | libc::CLONE_VFORK) as u64,
        exit_signal: libc::SIGCHLD as u64,
        stack: stack as u64,
        stack_size: STACK as u64,
        ..CloneArgs::default()
    };
    if let Some(cgroup) = shared.setup.cgroup {
        arguments.flags |= CLONE_INTO_CGROUP;
        arguments.cgroup = u64::from(cgroup.as_raw_fd().unsigned_abs());
    }
    let returned: c_long;
    #[cfg(target_arch = "x86_64")]
    // SAFETY: the kernel reads `arguments`, which outlives the call. The child
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
    let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
    // SAFETY: the stack has `STACK` bytes and grows downwards from its aligned
    // end; for the rest see `clone3`.
    let pid = unsafe { libc::clone(run_child, stack.byte_add(STACK), flags, ptr::from_ref(shared).cast_mut().cast()) };
    if pid < 0 { Err(io::Error::last_os_error()) } else { Ok(Pid::from_raw(pid)) }
}

/// The child's life before its program.
extern "C" fn run_child(shared: *mut c_void) -> c_int {
    // SAFETY: the parent passes a `Shared`, which lives until the child has
    // ended or runs its program.
    let shared = unsafe { &*shared.cast::<Shared<'_>>() };
    let Err(failure) = prepare_and_exec(shared);
    // SAFETY: the parent, which owns the cell, stands still; the exit ends this
    // process without anything of the C library's, which is the parent's, too.
    unsafe {
        *shared.failure.get() = failure;
        libc::syscall(libc::SYS_exit_group, 127);
    }
    127
}

type Failure = (Step, c_int);

/// What a system call gave, or the error of this step.
fn check(step: Step, returned: c_long) -> Result<c_long, Failure> {
    if returned >= 0 {
        return Ok(returned);
    }
    Err((step, nix::errno::Errno::last_raw()))
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
    if let Some(account) = setup.account {
        take_account(account, shared.groups)?;
    }
    // SAFETY: the calls take plain numbers, and texts that end with a NUL and
    // outlive the child's preparation.
    unsafe {
        if let Some(umask) = setup.umask {
            libc::syscall(libc::SYS_umask, umask);
        }
        if let Some(folder) = setup.work_dir {
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
    let Some(cgroup) = shared.setup.cgroup.filter(|_| shared.enters_cgroup) else { return Ok(()) };
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
/// (`ChildSetup::streams`). The rest is closed when the program begins; where
/// the kernel cannot say so for all at once (before 5.11), each is marked so
/// when it is opened, and the inherited ones at the daemon's start.
fn take_streams(setup: &ChildSetup<'_>) -> Result<(), Failure> {
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
    unsafe { libc::syscall(libc::SYS_close_range, 3, c_int::MAX, CLOSE_RANGE_CLOEXEC) };
    Ok(())
}

fn set_limits(setup: &ChildSetup<'_>) -> Result<(), Failure> {
    if let Some((resource, soft)) = setup.tag {
        let _ = set_soft_limit(resource, soft);
    }
    if let Some(soft) = setup.open_files {
        let _ = set_soft_limit(libc::RLIMIT_NOFILE, soft);
    }
    for (resource, limit) in setup.limits {
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

/// Soft and hard value alike; a hard one that is lower already stays.
fn lower_limit(resource: LimitedResource, limit: u64) -> Result<(), Failure> {
    let limit = limit.min(hard_limit(resource)?);
    set_limit(resource, &libc::rlimit64 { rlim_cur: limit, rlim_max: limit })
}

fn set_soft_limit(resource: LimitedResource, soft: u64) -> Result<(), Failure> {
    let hard = hard_limit(resource)?;
    set_limit(resource, &libc::rlimit64 { rlim_cur: soft.min(hard), rlim_max: hard })
}

fn hard_limit(resource: LimitedResource) -> Result<u64, Failure> {
    let mut limit = libc::rlimit64 { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the kernel fills the structure, which has the layout of its own.
    let returned = unsafe { libc::syscall(libc::SYS_prlimit64, 0, resource, ptr::null::<c_void>(), &raw mut limit) };
    check(Step::Limits, returned)?;
    Ok(limit.rlim_max)
}

fn set_limit(resource: LimitedResource, limit: &libc::rlimit64) -> Result<(), Failure> {
    // SAFETY: the kernel reads the structure, which has the layout of its own.
    let returned =
        unsafe { libc::syscall(libc::SYS_prlimit64, 0, resource, ptr::from_ref(limit), ptr::null_mut::<c_void>()) };
    check(Step::Limits, returned).map(drop)
}

/// Groups first, while the child may still set them, then group, then user,
/// each real, effective and saved; then checked. Nothing is left of what makes
/// root root, and neither does the child possess what is in root's keyring.
fn take_account(account: ChildAccount<'_>, groups: *const libc::gid_t) -> Result<(), Failure> {
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
