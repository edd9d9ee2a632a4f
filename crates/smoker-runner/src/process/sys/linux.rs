//! Linux: orphans become our children, and children carry a run id.

use std::ffi::CStr;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::sync::LazyLock;

use nix::sys::resource::{Resource, getrlimit};
use nix::sys::signal::Signal;
use nix::time::{ClockId, clock_gettime};
use nix::unistd::{Gid, Pid, SysconfVar, getgrouplist, sysconf};

use crate::process::containment::marked_runs::OrphanFacts;
use crate::process::run_id::RunId;
use crate::process::sys::calls::{open_pidfd, signal_pidfd};
use crate::process::sys::child_setup::LimitedResource;
use crate::process::sys::proc_stat::{ProcStat, carried_run, real_uid};
use crate::process::sys::run_member::RunMember;
use crate::process::target::OneProcess;

/// The resource whose soft limit is a run id. Linux stopped counting
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

/// What `/proc` says of where an orphan comes from; none when it is gone.
pub(crate) fn orphan_facts(pid: Pid) -> Option<OrphanFacts> {
    let process = ProcStat::read(pid.as_raw())?;
    let uid = real_uid(process.pid)?;
    let number = carried_run(process.pid, RunId::of_daemon()).map(|carried| carried.run);
    Some(OrphanFacts { start: process.start, uid, number })
}

/// The time in the unit in which the kernel tells when processes started.
pub(crate) fn ticks_since_boot() -> u64 {
    static PER_SECOND: LazyLock<u64> = LazyLock::new(|| {
        let ticks = sysconf(SysconfVar::CLK_TCK).ok().flatten();
        ticks.and_then(|ticks| u64::try_from(ticks).ok()).unwrap_or(100)
    });
    let Ok(now) = clock_gettime(ClockId::CLOCK_BOOTTIME) else { return 0 };
    let (seconds, nanoseconds) = (now.tv_sec().unsigned_abs(), now.tv_nsec().unsigned_abs());
    seconds * *PER_SECOND + nanoseconds * *PER_SECOND / 1_000_000_000
}

/// Signals a process if it is still the one that was seen. Failures mean that
/// it is gone, or not ours to signal.
pub(crate) fn signal_member(member: &RunMember, signal: Signal) {
    match open_pidfd(member.pid) {
        Ok(descriptor) => {
            if ProcStat::read(member.pid.as_raw()).is_some_and(|process| process.start == member.start) {
                let _ = signal_pidfd(descriptor, signal);
            }
        }
        // Before Linux 5.3.
        Err(error) if error.raw_os_error() == Some(libc::ENOSYS) => {
            let _ = OneProcess::of(member.pid).map(|process| process.signal(signal));
        }
        Err(_) => {}
    }
}

/// What is known of these processes, as far as they live.
pub(crate) fn members_of(pids: &[Pid]) -> Vec<RunMember> {
    let living = pids.iter().filter_map(|pid| ProcStat::read(pid.as_raw())).filter(ProcStat::is_alive);
    living
        .map(|process| RunMember {
            pid: Pid::from_raw(process.pid),
            parent: Pid::from_raw(process.parent),
            start: process.start,
            is_runnable: process.is_runnable(),
            name: process.name,
            in_group: false,
        })
        .collect()
}

/// How many threads the processes of an account have.
pub(crate) fn threads_of(uid: u32) -> u64 {
    let threads = ProcStat::all_pids().into_iter().filter_map(|pid| {
        // What belongs to root here may be another account's: so does a process that may not be looked into.
        let owner = fs::metadata(format!("/proc/{pid}")).ok()?.uid();
        let is_of_account = owner == uid || (owner == 0 && real_uid(pid)? == uid);
        is_of_account.then(|| ProcStat::read(pid)).flatten().map(|process| process.threads)
    });
    threads.sum()
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

/// Whether processes can carry a number that their environment does not hold.
/// Not so under a hard limit, and where limits have 32 bits.
pub(crate) fn can_mark() -> bool {
    static CAN_MARK: LazyLock<bool> = LazyLock::new(|| {
        let number = RunId::of_daemon().as_number();
        let can_mark = getrlimit(CARRIER).is_ok_and(|(_, hard)| u128::from(hard) > u128::from(number));
        if !can_mark {
            tracing::debug!("processes are known by their environment only: {CARRIER:?} cannot be set to {number}");
        }
        can_mark
    });
    *CAN_MARK
}

/// The limit by which a child and all that it starts carry a run id.
pub(crate) fn mark_of(run: RunId) -> Option<(LimitedResource, u64)> {
    can_mark().then_some((CARRIER as LimitedResource, run.as_number()))
}
