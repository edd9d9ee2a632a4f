//! Ending a child and all that it started, the only place that signals.

use std::time::Duration;

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use tokio::process::Child;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::census::Census;
use crate::sys::{self, Member};

/// How long processes have between SIGTERM and SIGKILL.
pub(crate) const GRACE: Duration = Duration::from_secs(3);

/// How long the kernel has to carry out SIGKILL. What is left then sleeps in
/// the kernel, or belongs to somebody else, and no signal of ours ends it.
const KILL_PATIENCE: Duration = Duration::from_secs(1);

/// Deaths of processes that are not our children reach us by no signal; the
/// first look for them comes this soon, each further one twice as late.
const FIRST_LOOK: Duration = Duration::from_millis(5);
const LAST_LOOK: Duration = Duration::from_millis(160);

/// Everything that a run started: its process group, and whoever left the
/// group but still carries the run's marker or has a parent that does.
///
/// The group's leader must not have been reaped, so that its number cannot
/// belong to anybody else.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    pub(crate) group: Pid,
    /// `NAME=VALUE` as it stands in the environment.
    pub(crate) marker: String,
}

impl Tree {
    /// Ends all processes of the run: SIGTERM, grace, SIGKILL. Gives those that
    /// nothing could end.
    pub(crate) async fn end(&self, census: &Census, mut deaths: watch::Receiver<()>) -> Vec<Pid> {
        let polite = Instant::now() + GRACE;
        if self.signal_until_gone(&[Signal::SIGTERM, Signal::SIGCONT], polite, census, &mut deaths).await.is_empty() {
            return Vec::new();
        }
        let forced = Instant::now() + KILL_PATIENCE;
        self.signal_until_gone(&[Signal::SIGKILL], forced, census, &mut deaths).await
    }

    /// Signals every member once, newcomers as they appear, until none is left
    /// or the time is over; gives those that are left.
    async fn signal_until_gone(
        &self,
        signals: &[Signal],
        deadline: Instant,
        census: &Census,
        deaths: &mut watch::Receiver<()>,
    ) -> Vec<Pid> {
        let mut signalled: Vec<Pid> = Vec::new();
        let mut pause = FIRST_LOOK;
        loop {
            deaths.mark_unchanged();
            let members = census.living_members(self.group, &self.marker).await;
            let newcomers: Vec<_> = members.iter().filter(|member| !signalled.contains(&member.pid)).copied().collect();
            if !newcomers.is_empty() {
                self.signal(&newcomers, signals);
                pause = FIRST_LOOK;
            }
            signalled = members.iter().map(|member| member.pid).collect();
            if signalled.is_empty() || Instant::now() >= deadline {
                return signalled;
            }
            wait_for_a_death(&signalled, deaths, &mut pause, deadline).await;
        }
    }

    /// The group at one stroke, which no fork escapes, and each process that
    /// left it. Failures mean that a process is gone, or not ours to end; the
    /// next look tells which.
    fn signal(&self, members: &[Member], signals: &[Signal]) {
        for signal in signals {
            if members.iter().any(|member| member.in_group) {
                let _ = killpg(self.group, *signal);
            }
            for member in members.iter().filter(|member| !member.in_group) {
                let _ = kill(member.pid, *signal);
            }
        }
    }
}

/// Kills a module host that does not end by itself. Its children follow it.
pub(crate) fn kill_host(host: &mut Child) -> std::io::Result<()> {
    host.start_kill()
}

/// Returns when one of the processes is gone, or at the deadline.
async fn wait_for_a_death(pids: &[Pid], deaths: &mut watch::Receiver<()>, pause: &mut Duration, deadline: Instant) {
    while Instant::now() < deadline {
        let next_look = (Instant::now() + *pause).min(deadline);
        *pause = (*pause * 2).min(LAST_LOOK);
        if let Ok(Err(_)) = timeout_at(next_look, deaths.changed()).await {
            // The reaper is gone with its runtime: only the pause is left.
            sleep_until(next_look).await;
        }
        if !pids.iter().copied().all(sys::is_alive) {
            return;
        }
    }
}
