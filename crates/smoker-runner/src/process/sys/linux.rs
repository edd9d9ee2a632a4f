//! Linux: orphans become our children, and children carry the number of their run.

use std::ffi::CStr;
use std::fs::{self, File};
use std::io::Read;
use std::sync::LazyLock;

use nix::sys::resource::{Resource, getrlimit, rlim_t, setrlimit};
use nix::unistd::{Gid, Pid, getgrouplist};

use crate::process::run_id::RunId;
use crate::process::sys::proc_stat::{ProcStat, run_in_limits};

/// The resource whose soft limit is the number of a run. Linux stopped counting
/// file locks in 2.4.25, so the limit limits nothing; it is inherited over
/// fork and exec, and no program has a reason to change it. (`su` and other
/// logins reset all limits where PAM is configured so; then only the environment is left.)
const CARRIER: Resource = Resource::RLIMIT_LOCKS;

/// The supplementary groups of an account.
pub(crate) fn groups_of(account: &CStr, gid: Gid) -> nix::Result<Vec<Gid>> {
    getgrouplist(account, gid)
}

/// Makes orphans below us our children, so that none is lost to init.
pub(crate) fn adopt_orphans() -> nix::Result<()> {
    nix::sys::prctl::set_child_subreaper(true)
}

/// Whether a process runs: it exists and is no zombie.
pub(crate) fn is_alive(pid: Pid) -> bool {
    ProcStat::read(pid.as_raw()).is_some_and(|process| process.is_alive())
}

/// This thread.
pub(crate) fn this_thread() -> Pid {
    nix::unistd::gettid()
}

/// Whether a thread of ours has a child that carries this number and is not known. Says no where
/// the kernel has no list of a thread's children.
pub(crate) fn has_child(thread: Pid, run: RunId, is_known: impl Fn(Pid) -> bool) -> bool {
    let mut children = Vec::with_capacity(4096);
    let Ok(file) = File::open(format!("/proc/self/task/{thread}/children")) else { return false };
    // By way of `take`, since only reading shows the size of such a file.
    if file.take(u64::MAX).read_to_end(&mut children).is_err() {
        return false;
    }
    let children = String::from_utf8_lossy(&children);
    let pids = children.split_ascii_whitespace().filter_map(|number| number.parse().ok());
    let mut unknown = pids.filter(|pid| !is_known(Pid::from_raw(*pid)));
    unknown.any(|pid| run_in_limits(pid) == Some(run))
}

/// All our children, dead ones included.
pub(crate) fn child_pids() -> Vec<Pid> {
    let Ok(tasks) = fs::read_dir("/proc/self/task") else { return Vec::new() };
    let lists: Vec<_> = tasks.flatten().map(|task| fs::read_to_string(task.path().join("children"))).collect();
    if lists.iter().any(Result::is_err) {
        // A kernel without these lists: look through all processes.
        let this = Pid::this().as_raw();
        let processes = ProcStat::all_pids().into_iter().filter_map(ProcStat::read);
        return processes.filter(|it| it.parent == this).map(|it| Pid::from_raw(it.pid)).collect();
    }
    let numbers = lists.iter().flatten().flat_map(|list| list.split_ascii_whitespace());
    numbers.filter_map(|number| number.parse().ok()).map(Pid::from_raw).collect()
}

/// Whether processes can carry a number that they cannot lose. Not so where a
/// sandbox refuses the limit, under a hard limit, and where limits have 32 bits.
pub(crate) fn can_tag() -> bool {
    static CAN_TAG: LazyLock<bool> = LazyLock::new(|| {
        let number = RunId::of_daemon().as_number();
        let tags =
            RunTag::set(RunId::of_daemon()).is_some_and(|_tag| getrlimit(CARRIER).is_ok_and(|it| it.0 == number));
        if !tags {
            tracing::debug!("processes are known by their environment only: {CARRIER:?} can't be set to {number}");
        }
        tags
    });
    *CAN_TAG
}

/// As long as this lives, all that this process starts carries the number of a run.
#[derive(Debug)]
pub(crate) struct RunTag {
    soft: rlim_t,
    hard: rlim_t,
}

impl RunTag {
    /// `None` where that cannot be. The limit is one of the whole process, so
    /// the caller sees to it that there is one tag at a time.
    pub(crate) fn set(run: RunId) -> Option<Self> {
        let (soft, hard) = getrlimit(CARRIER).ok()?;
        setrlimit(CARRIER, run.as_number(), hard).ok()?;
        Some(Self { soft, hard })
    }

    /// Goes on with the number of another run.
    pub(crate) fn change(self, run: RunId) -> Option<Self> {
        setrlimit(CARRIER, run.as_number(), self.hard).ok()?;
        Some(self)
    }
}

impl Drop for RunTag {
    fn drop(&mut self) {
        // What could be set can be set back.
        let _ = setrlimit(CARRIER, self.soft, self.hard);
    }
}
