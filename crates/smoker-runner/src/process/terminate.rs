//! Ends a child and all that it started; no other file signals children.

use std::collections::HashSet;
use std::io;
use std::sync::LazyLock;
use std::time::Duration;

use nix::sys::signal::Signal;
use nix::unistd::Pid;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::process::child::Child;
use crate::process::containment::cgroup::run_cgroup::RunCgroup;
use crate::process::containment::process_scanner::ProcessScanner;
use crate::process::containment::process_tree::ProcessTree;
use crate::process::sys::{self, RunMember};
use crate::process::target::{OneGroup, OneProcess};

/// How long processes have between SIGTERM and SIGKILL.
const GRACE: Duration = Duration::from_secs(3);

/// [`GRACE`]. A build with debug assertions, which no operator has, takes a shorter one, in milliseconds, from
/// `SMOKER_TESTS_GRACE`, so that a test of many runs that ignore SIGTERM need not wait so long.
static GRACE_OF_BUILD: LazyLock<Duration> = LazyLock::new(|| {
    let variable = cfg!(debug_assertions).then(|| std::env::var("SMOKER_TESTS_GRACE").ok()).flatten();
    variable.and_then(|text| text.parse().ok()).map_or(GRACE, Duration::from_millis).min(GRACE)
});

/// How long the kernel has to carry out a SIGKILL. What is left then sleeps in
/// the kernel, or belongs to another user, and no signal of ours ends it.
const KILL_TIMEOUT: Duration = Duration::from_secs(1);

/// How long all of the killing may take where processes wait for a processor:
/// they need it to end, and on an overloaded host they wait, as the daemon does.
const STARVED_KILL_TIMEOUT: Duration = Duration::from_secs(10);

/// No signal reports the death of a process that is not our child; the first
/// scan for it comes after this pause, each further one after twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(160);

/// How many times processes are looked for that appear while others are stopped.
const MAX_STOP_ROUNDS: usize = 50;

/// The two phases of ending a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KillPhase {
    /// By SIGTERM, and by SIGCONT for those that were stopped.
    Terminate,
    /// By SIGKILL.
    Kill,
}

impl KillPhase {
    /// Until when processes that were signalled are waited for. Newcomers gain
    /// no grace; but a process that was killed this moment is not given up the next.
    fn deadline(self, begun: Instant, last_signal: Instant, members: &[RunMember]) -> Instant {
        match self {
            Self::Terminate => begun + *GRACE_OF_BUILD,
            Self::Kill if members.iter().any(|member| member.is_runnable) => begun + STARVED_KILL_TIMEOUT,
            Self::Kill => (last_signal + KILL_TIMEOUT).min(begun + STARVED_KILL_TIMEOUT),
        }
    }
}

/// Ends all processes of a cgroup: SIGTERM, grace, SIGKILL. Returns those that
/// nothing could end.
pub(crate) async fn terminate_cgroup(cgroup: &RunCgroup, mut deaths: watch::Receiver<()>) -> Vec<Pid> {
    let end_of_grace = Instant::now() + *GRACE_OF_BUILD;
    let (mut signalled, mut cleanup) = (HashSet::new(), HashSet::new());
    let mut pause = FIRST_PAUSE;
    while Instant::now() < end_of_grace {
        deaths.mark_unchanged();
        let mut newcomers: Vec<_> = cgroup.processes().into_iter().filter(|pid| !signalled.contains(pid)).collect();
        cleanup = cleanup_among(&newcomers, |parent| signalled.contains(&parent) || cleanup.contains(&parent));
        newcomers.retain(|pid| !cleanup.contains(pid));
        // A stopped process takes its SIGTERM when it goes on.
        signal_members(cgroup, &newcomers, &[Signal::SIGTERM, Signal::SIGCONT]);
        signalled.extend(newcomers);
        if is_empty(cgroup) {
            return Vec::new();
        }
        let next = (Instant::now() + pause).min(end_of_grace);
        pause = (pause * 2).min(LONGEST_PAUSE);
        if let Ok(Err(_)) = timeout_at(next, deaths.changed()).await {
            sleep_until(next).await;
        }
    }
    kill_cgroup(cgroup).await
}

/// Those of the newcomers that are cleanup: their parent had SIGTERM before and still lives, so its handler of SIGTERM started
/// them (`trap 'rm -r "$dir"' TERM`), and they have the grace period to do their work. A process whose parent is gone was
/// forked in the moment of the signal, and gets it, too.
fn cleanup_among(newcomers: &[Pid], is_handling: impl Fn(Pid) -> bool) -> HashSet<Pid> {
    if newcomers.is_empty() {
        return HashSet::new();
    }
    let members = sys::members_of(newcomers).into_iter();
    members.filter(|newcomer| is_handling(newcomer.parent)).map(|newcomer| newcomer.pid).collect()
}

/// Kills all processes of a cgroup. Returns those that nothing could end.
async fn kill_cgroup(cgroup: &RunCgroup) -> Vec<Pid> {
    let begun = Instant::now();
    let mut pause = Duration::from_millis(1);
    loop {
        if !cgroup.kill() {
            // Before Linux 5.14: none of them forks while they are killed one by one.
            cgroup.freeze(true);
            signal_members(cgroup, &cgroup.processes(), &[Signal::SIGKILL]);
            cgroup.freeze(false);
        }
        sleep_until(Instant::now() + pause).await;
        if is_empty(cgroup) {
            return Vec::new();
        }
        // The kernel passes over a process whose first thread has ended while others live.
        let left = cgroup.processes();
        signal_members(cgroup, &left, &[Signal::SIGKILL]);
        let limit =
            if sys::members_of(&left).iter().any(|it| it.is_runnable) { STARVED_KILL_TIMEOUT } else { KILL_TIMEOUT };
        if begun.elapsed() >= limit {
            return left;
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Whether a cgroup has no process, or will have none in a moment.
pub(crate) async fn is_empty_soon(cgroup: &RunCgroup) -> bool {
    let mut pause = Duration::from_millis(1);
    while pause < LONGEST_PAUSE {
        if is_empty(cgroup) {
            return true;
        }
        sleep_until(Instant::now() + pause).await;
        pause *= 2;
    }
    is_empty(cgroup)
}

/// A cgroup that cannot be asked is taken for one that still has processes.
fn is_empty(cgroup: &RunCgroup) -> bool {
    cgroup.is_populated().is_ok_and(|is_populated| !is_populated)
}

/// Signals processes that were in a cgroup a moment ago, if they still are. A
/// descriptor keeps meaning the process that was looked at.
fn signal_members(cgroup: &RunCgroup, pids: &[Pid], signals: &[Signal]) {
    if pids.is_empty() {
        return;
    }
    let opened: Vec<_> = pids.iter().map(|pid| (*pid, sys::open_pidfd(*pid).ok())).collect();
    let members: HashSet<_> = cgroup.processes().into_iter().collect();
    for (pid, descriptor) in opened.iter().filter(|(pid, _)| members.contains(pid)) {
        for signal in signals {
            // Failures mean that the process has ended; the next look shows it.
            let _ = match descriptor {
                Some(descriptor) => sys::signal_pidfd(descriptor, *signal),
                // Before Linux 5.3.
                None => OneProcess::of(*pid).map_or(Ok(()), |it| it.signal(*signal).map_err(io::Error::from)),
            };
        }
    }
}

impl ProcessTree {
    /// Ends all processes of the run, and those that are known to belong to
    /// it: SIGTERM, grace, SIGKILL. Returns those that nothing could end.
    pub(crate) async fn end_with(
        self,
        mut known: Vec<RunMember>,
        scanner: &ProcessScanner,
        mut deaths: watch::Receiver<()>,
    ) -> Vec<Pid> {
        for phase in [KillPhase::Terminate, KillPhase::Kill] {
            if phase == KillPhase::Kill && self.run.is_none() {
                known = self.stop_all(known, scanner).await;
            }
            known = self.signal_until_gone(phase, known, scanner, &mut deaths).await;
            if known.is_empty() {
                break;
            }
        }
        known.into_iter().map(|member| member.pid).collect()
    }

    /// Stops processes that carry no mark until no further one appears; returns all of them. What one of them forks between
    /// being listed and being killed would have nothing that ties it to the others.
    async fn stop_all(self, mut known: Vec<RunMember>, scanner: &ProcessScanner) -> Vec<RunMember> {
        let mut stopped = HashSet::new();
        for _ in 0..MAX_STOP_ROUNDS {
            known = scanner.members(self, known).await;
            let newcomers: Vec<_> = known.iter().filter(|member| stopped.insert(member.identity())).collect();
            if newcomers.is_empty() {
                break;
            }
            for member in newcomers {
                sys::signal_member(member, Signal::SIGSTOP);
            }
        }
        known
    }

    /// Signals every member once, newcomers (but cleanup, see [`cleanup_among`]) as they appear, until none is left
    /// or the time is over; returns those that are left. A member
    /// stays one: its parents may end before it does.
    async fn signal_until_gone(
        self,
        phase: KillPhase,
        mut known: Vec<RunMember>,
        scanner: &ProcessScanner,
        deaths: &mut watch::Receiver<()>,
    ) -> Vec<RunMember> {
        let mut signalled: HashSet<(Pid, u64)> = HashSet::new();
        let mut cleanup: HashSet<(Pid, u64)> = HashSet::new();
        let mut pace = ScanPace::of(phase);
        let begun = Instant::now();
        let mut last_signal = begun;
        loop {
            deaths.mark_unchanged();
            // The first scan only lists: parents are killed before their children, so that none of them reports
            // what became of a child. What has forked since is found by the next scan.
            let members = match phase {
                KillPhase::Kill if !signalled.is_empty() => scanner.signal_members(self, known, kill_at_once).await,
                KillPhase::Kill | KillPhase::Terminate => scanner.members(self, known).await,
            };
            let mut newcomers: Vec<_> =
                members.iter().filter(|member| !signalled.contains(&member.identity())).collect();
            let spares_cleanup = phase == KillPhase::Terminate && !signalled.is_empty();
            if spares_cleanup {
                let is_handling = |member: &&RunMember| {
                    signalled.contains(&member.identity()) || cleanup.contains(&member.identity())
                };
                let handling: HashSet<_> = members.iter().filter(is_handling).map(|member| member.pid).collect();
                let (of_handlers, others): (Vec<_>, Vec<_>) =
                    newcomers.into_iter().partition(|newcomer| handling.contains(&newcomer.parent));
                cleanup = of_handlers.into_iter().map(RunMember::identity).collect();
                newcomers = others;
            }
            if !newcomers.is_empty() {
                newcomers.sort_by_key(|member| (member.start, member.pid));
                // The group holds the cleanup, too.
                Self::signal(&newcomers, phase, if spares_cleanup { None } else { self.group });
                last_signal = Instant::now();
                pace.pause = FIRST_PAUSE;
            }
            signalled.extend(newcomers.into_iter().map(RunMember::identity));
            let deadline = phase.deadline(begun, last_signal, &members);
            if members.is_empty() || Instant::now() >= deadline {
                return members;
            }
            pace.wait_for_a_death(&members, deaths, deadline).await;
            known = members;
        }
    }

    /// The group, where one is given, at one stroke, which no fork escapes, then each process that
    /// is not in it, oldest first. Failures mean that a process is gone, or not ours to end; the
    /// next scan shows which.
    fn signal(members: &[&RunMember], phase: KillPhase, group: Option<Pid>) {
        let signals: &[Signal] = match phase {
            KillPhase::Terminate => &[Signal::SIGTERM, Signal::SIGCONT],
            KillPhase::Kill => &[Signal::SIGKILL],
        };
        for signal in signals {
            if let Some(group) = group.and_then(OneGroup::of).filter(|_| members.iter().any(|member| member.in_group)) {
                group.signal(*signal);
            }
            for member in members.iter().filter(|member| group.is_none() || !member.in_group) {
                sys::signal_member(member, *signal);
            }
        }
    }
}

/// Kills one process of a run that was seen just now.
fn kill_at_once(pid: Pid) {
    if let Some(process) = OneProcess::of(pid) {
        let _ = process.signal(Signal::SIGKILL);
    }
}

/// Kills a process of a run that is over, if it is still the one that was seen.
pub(crate) fn kill_member(member: &RunMember) {
    sys::signal_member(member, Signal::SIGKILL);
}

/// Kills a child whose program has not begun, or that nobody has taken. SIGKILL ends one that is stopped, too.
pub(crate) fn kill_unstarted(process: OneProcess) {
    let _ = process.signal(Signal::SIGKILL);
}

/// Kills a helper of ours that does not end by itself. What it started follows it.
pub(crate) fn kill_helper(helper: &Child) -> io::Result<()> {
    OneProcess::of(helper.pid).map_or(Ok(()), |process| Ok(process.signal(Signal::SIGKILL)?))
}

/// Whether a group still has a process.
pub(crate) fn has_members(group: Pid) -> bool {
    OneGroup::of(group).is_some_and(OneGroup::has_members)
}

/// When to scan again.
struct ScanPace {
    /// How long to wait for a death to be reported before the next scan.
    pause: Duration,
    /// How long to wait even when a death was reported, twice as long each time:
    /// a run that forks without end must not keep the scanner busy without end.
    throttle: Duration,
    max_throttle: Duration,
}

impl ScanPace {
    fn of(phase: KillPhase) -> Self {
        let max_throttle = match phase {
            KillPhase::Terminate => LONGEST_PAUSE,
            KillPhase::Kill => FIRST_PAUSE,
        };
        Self { pause: FIRST_PAUSE, throttle: Duration::ZERO, max_throttle }
    }

    /// Returns when one of the processes is gone, or at the deadline.
    async fn wait_for_a_death(&mut self, members: &[RunMember], deaths: &mut watch::Receiver<()>, deadline: Instant) {
        sleep_until((Instant::now() + self.throttle).min(deadline)).await;
        self.throttle = (self.throttle * 2).clamp(Duration::from_millis(1), self.max_throttle);
        while Instant::now() < deadline && members.iter().all(|member| sys::is_alive(member.pid)) {
            let next_scan = (Instant::now() + self.pause).min(deadline);
            self.pause = (self.pause * 2).min(LONGEST_PAUSE);
            if let Ok(Err(_)) = timeout_at(next_scan, deaths.changed()).await {
                // The reaper is gone with its runtime: only the pause is left.
                sleep_until(next_scan).await;
            }
        }
    }
}
