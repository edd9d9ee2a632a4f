//! What a child is made of.

use std::ffi::CString;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering, fence};

use nix::unistd::{Gid, Pid, Uid};
use tokio::io::unix::AsyncFd;

use crate::process::target::OneProcess;

/// A resource that `setrlimit(2)` limits, as the C library numbers it.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(crate) type LimitedResource = libc::__rlimit_resource_t;
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) type LimitedResource = libc::c_int;

/// Bytes of a process's address space.
pub(crate) const ADDRESS_SPACE: LimitedResource = libc::RLIMIT_AS as LimitedResource;

/// Processes and threads of a process's account.
pub(crate) const PROCESSES: LimitedResource = libc::RLIMIT_NPROC as LimitedResource;

/// A program and all that it begins with.
#[derive(Debug)]
pub(crate) struct ChildSetup {
    /// The path of the program; nothing is searched.
    pub(crate) program: CString,
    /// Its name and its arguments.
    pub(crate) arguments: Vec<CString>,
    /// All of its environment, as `NAME=VALUE`.
    pub(crate) environment: Vec<CString>,
    /// Standard input, output and error.
    pub(crate) streams: [OwnedFd; 3],
    /// Another user; none: as this process.
    pub(crate) account: Option<ChildAccount>,
    /// Limits that have to hold, with soft and hard value alike.
    pub(crate) limits: Vec<(LimitedResource, u64)>,
    /// A soft limit that may fail.
    pub(crate) mark: Option<(LimitedResource, u64)>,
    /// The soft limit on open files.
    pub(crate) open_files: Option<u64>,
    /// The folder of the cgroup that it begins in.
    pub(crate) cgroup: Option<OwnedFd>,
    pub(crate) work_dir: Option<CString>,
    pub(crate) umask: Option<u32>,
    pub(crate) nice: Option<i32>,
    pub(crate) no_new_privileges: bool,
    /// Whether the kernel's OOM killer may take it as any other process.
    pub(crate) resets_oom_score: bool,
}

/// A fork that is under way, known to all that have to do with it: the thread that starts it, who waits for it, and the process itself, which
/// has our memory until its program begins.
#[derive(Debug, Default)]
pub(crate) struct PendingFork {
    /// 0 until the kernel writes it, before the process does anything.
    number: AtomicI32,
    is_refused: AtomicBool,
}

impl PendingFork {
    /// Where the kernel writes the number of the process.
    #[cfg(target_os = "linux")]
    pub(super) fn cell(&self) -> *mut i32 {
        self.number.as_ptr()
    }

    /// The process; none as long as its number is not known. It may exist by then: the kernel lists it before it writes the number.
    pub(crate) fn process(&self) -> Option<OneProcess> {
        OneProcess::of(Pid::from_raw(self.number.load(Ordering::SeqCst)))
    }

    /// From now on the process, should it begin, ends before it does anything. Returns the one that may have begun before: either it is
    /// returned, or it finds the refusal.
    pub(crate) fn refuse(&self) -> Option<OneProcess> {
        self.is_refused.store(true, Ordering::SeqCst);
        self.process()
    }

    /// Whether the process is to end. Asked by the process itself, whose number has been written by then; where memory is not shared, before it begins.
    pub(super) fn is_refused(&self) -> bool {
        fence(Ordering::SeqCst);
        self.is_refused.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
impl PendingFork {
    /// The number of the process, as the kernel writes it.
    pub(crate) fn write(&self, pid: Pid) {
        self.number.store(pid.as_raw(), Ordering::SeqCst);
    }
}

/// As whom a child runs.
#[derive(Clone, Debug)]
pub(crate) struct ChildAccount {
    pub(crate) uid: Uid,
    pub(crate) gid: Gid,
    pub(crate) groups: Vec<Gid>,
}

/// Why a program did not begin.
#[derive(Debug)]
pub(crate) struct StartError {
    /// The process that was to become the program; it has to be collected.
    pub(crate) process: Option<Pid>,
    /// The system's reason, with the step that failed when that was not the program's own start.
    pub(crate) error: io::Error,
}

/// A child that runs its program.
#[derive(Debug)]
pub(crate) struct StartedChild {
    pub(crate) pid: Pid,
    /// Readable when the child has ended; none before Linux 5.3.
    pub(crate) end: Option<AsyncFd<OwnedFd>>,
}
