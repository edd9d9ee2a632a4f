//! Ending a child and all that it started, the only place that signals.

use std::collections::HashSet;
use std::io;
use std::time::Duration;

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use tokio::process::Child;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::process::containment::census::Census;
use crate::process::containment::tree::Tree;
use crate::process::sys::{self, Member};

/// How long processes have between SIGTERM and SIGKILL.
pub(crate) const GRACE: Duration = Duration::from_secs(3);

/// How long the kernel has to carry out a SIGKILL. What is left then sleeps in
/// the kernel, or belongs to somebody else, and no signal of ours ends it.
const KILL_PATIENCE: Duration = Duration::from_secs(1);

/// How long all of the killing may take: a process needs the processor to end,
/// and on a host that has no time for anybody it waits for its turn, as do we.
const STARVED_PATIENCE: Duration = Duration::from_secs(10);

/// Deaths of processes that are not our children reach us by no signal; the
/// first look for them comes this soon, each further one twice as late.
const FIRST_LOOK: Duration = Duration::from_millis(5);
const LAST_LOOK: Duration = Duration::from_millis(160);

/// How the processes of a run are told to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// By SIGTERM, and by SIGCONT for those that were stopped.
    Politely,
    /// By SIGKILL.
    AtOnce,
}

impl Manner {
    /// Until when processes that were signalled are waited for. Newcomers gain
    /// no grace; but who was killed this moment is not given up the next.
    fn deadline(self, begun: Instant, last_signal: Instant, members: &[Member]) -> Instant {
        match self {
            Self::Politely => begun + GRACE,
            Self::AtOnce if members.iter().any(|member| member.is_runnable) => begun + STARVED_PATIENCE,
            Self::AtOnce => (last_signal + KILL_PATIENCE).min(begun + STARVED_PATIENCE),
        }
    }
}

impl Tree {
    /// Ends all processes of the run: SIGTERM, grace, SIGKILL. Gives those that
    /// nothing could end.
    pub(crate) async fn end(self, census: &Census, deaths: watch::Receiver<()>) -> Vec<Pid> {
        self.end_with(Vec::new(), census, deaths).await
    }

    /// As [`Self::end`], with processes that are known to belong to it.
    pub(crate) async fn end_with(
        self,
        mut known: Vec<Member>,
        census: &Census,
        mut deaths: watch::Receiver<()>,
    ) -> Vec<Pid> {
        for manner in [Manner::Politely, Manner::AtOnce] {
            known = self.signal_until_gone(manner, known, census, &mut deaths).await;
            if known.is_empty() {
                break;
            }
        }
        known.into_iter().map(|member| member.pid).collect()
    }

    /// Signals every member once, newcomers as they appear, until none is left
    /// or the time is over; gives those that are left. Whoever was a member
    /// stays one: its parents may end before it does.
    async fn signal_until_gone(
        self,
        manner: Manner,
        mut known: Vec<Member>,
        census: &Census,
        deaths: &mut watch::Receiver<()>,
    ) -> Vec<Member> {
        let mut signalled: HashSet<(Pid, u64)> = HashSet::new();
        let mut pace = Pace::of(manner);
        let begun = Instant::now();
        let mut last_signal = begun;
        loop {
            deaths.mark_unchanged();
            // The first look is for parents to be killed before their children, so that none of them says what
            // became of a child; who has forked since is met by the next.
            let members = match manner {
                Manner::AtOnce if !signalled.is_empty() => census.signal_members(self, known, kill_at_once).await,
                Manner::AtOnce | Manner::Politely => census.members(self, known).await,
            };
            let mut newcomers: Vec<_> =
                members.iter().filter(|member| !signalled.contains(&member.identity())).collect();
            if !newcomers.is_empty() {
                newcomers.sort_by_key(|member| (member.start, member.pid));
                self.signal(&newcomers, manner);
                last_signal = Instant::now();
                pace.pause = FIRST_LOOK;
            }
            signalled = members.iter().map(Member::identity).collect();
            let deadline = manner.deadline(begun, last_signal, &members);
            if members.is_empty() || Instant::now() >= deadline {
                return members;
            }
            pace.wait_for_a_death(&members, deaths, deadline).await;
            known = members;
        }
    }

    /// The group at one stroke, which no fork escapes, then each process that
    /// left it, oldest first. Failures mean that a process is gone, or not ours to end; the
    /// next look tells which.
    fn signal(self, members: &[&Member], manner: Manner) {
        let signals: &[Signal] = match manner {
            Manner::Politely => &[Signal::SIGTERM, Signal::SIGCONT],
            Manner::AtOnce => &[Signal::SIGKILL],
        };
        for signal in signals {
            if let Some(group) = self.group.filter(|_| members.iter().any(|member| member.in_group)) {
                let _ = killpg(group, *signal);
            }
            for member in members.iter().filter(|member| !member.in_group) {
                let _ = kill(member.pid, *signal);
            }
        }
    }
}

/// Kills one process of a run that was seen just now.
fn kill_at_once(pid: Pid) {
    let _ = kill(pid, Signal::SIGKILL);
}

/// Kills a helper of ours that does not end by itself. What it started follows it.
pub(crate) fn kill_helper(helper: &mut Child) -> io::Result<()> {
    helper.start_kill()
}

/// Whether a group still has a process.
pub(crate) fn has_members(group: Pid) -> bool {
    killpg(group, None).is_ok()
}

/// When to look again.
struct Pace {
    /// How long to wait for a death before looking for one.
    pause: Duration,
    /// How long to wait even when one is known of, twice as long each time: a
    /// run that forks without end must not keep us reading without end.
    breath: Duration,
    longest_breath: Duration,
}

impl Pace {
    fn of(manner: Manner) -> Self {
        let longest_breath = match manner {
            Manner::Politely => LAST_LOOK,
            Manner::AtOnce => FIRST_LOOK,
        };
        Self { pause: FIRST_LOOK, breath: Duration::ZERO, longest_breath }
    }

    /// Returns when one of the processes is gone, or at the deadline.
    async fn wait_for_a_death(&mut self, members: &[Member], deaths: &mut watch::Receiver<()>, deadline: Instant) {
        sleep_until((Instant::now() + self.breath).min(deadline)).await;
        self.breath = (self.breath * 2).clamp(Duration::from_millis(1), self.longest_breath);
        while Instant::now() < deadline && members.iter().all(|member| sys::is_alive(member.pid)) {
            let next_look = (Instant::now() + self.pause).min(deadline);
            self.pause = (self.pause * 2).min(LAST_LOOK);
            if let Ok(Err(_)) = timeout_at(next_look, deaths.changed()).await {
                // The reaper is gone with its runtime: only the pause is left.
                sleep_until(next_look).await;
            }
        }
    }
}
