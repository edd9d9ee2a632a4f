//! Orphans that became our children.
//!
//! The daemon adopts what its plugins leave behind, so it also has to collect
//! them when they die. Each is reaped by its own pid: a wait for any child
//! would steal the exit status of a plugin's shell from the run that waits for it.

use std::io;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::process::children;
use crate::process::containment::cgroup::run_cgroup::{GroupLimits, RunCgroup};
use crate::process::containment::leftovers::Leftovers;
use crate::process::containment::level::ContainmentLevel;
use crate::process::containment::process_scanner::ProcessScanner;
use crate::process::run_id::RunId;
use crate::process::sys::{self, ScanScope};

/// Deaths come in bursts; one sweep through our children serves all of a burst.
const SWEEP_PAUSE: Duration = Duration::from_millis(100);

/// The kernel does not say when a process becomes our child. Where runs are known by marks alone their orphans are looked
/// for after each such pause, so that the guardian knows them should the daemon be killed.
const ORPHAN_LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// Knows which children belong to runs and collects all others. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Reaper {
    deaths: watch::Receiver<()>,
    scanner: ProcessScanner,
    leftovers: Leftovers,
    containment: ContainmentLevel,
}

impl Reaper {
    /// Adopts orphans from now on and collects them in a task of its own. From
    /// now on, too, children inherit no descriptor but their standard streams.
    ///
    /// # Errors
    ///
    /// When the system refuses to report children's deaths.
    pub fn start(containment: ContainmentLevel) -> io::Result<Self> {
        sys::close_inherited_descriptors_on_exec();
        if let Err(error) = sys::adopt_orphans() {
            tracing::warn!("cannot adopt orphans of plugins ({error}): those that leave their group survive a timeout");
        }
        // Asked once at the start, where it logs when it cannot.
        sys::can_mark();
        let (death, deaths) = watch::channel(());
        let scanner = ProcessScanner::start(ScanScope::this())?;
        let leftovers = Leftovers::new(containment.cgroups().cloned(), scanner.clone(), deaths.clone());
        let this = Self { deaths, scanner, leftovers, containment };
        tokio::spawn(collect(this.clone(), signal(SignalKind::child())?, death));
        Ok(this)
    }

    /// To be called when all runs are over, before the daemon ends: returns
    /// when what they left running has ended.
    pub async fn settle(&self) {
        self.leftovers.inspect(&sweep());
        self.leftovers.settle().await;
        if let Some(cgroups) = self.containment.cgroups() {
            cgroups.remove();
        }
    }

    /// How runs are told apart.
    #[must_use]
    pub fn containment(&self) -> &ContainmentLevel {
        &self.containment
    }

    /// A cgroup for a child; none where there are none, or when the kernel refuses one more.
    pub(crate) fn new_cgroup(&self, limits: GroupLimits) -> Option<RunCgroup> {
        let taken = self.containment.cgroups()?.take(limits);
        taken.inspect_err(|error| tracing::warn!("no cgroup for a run: {error}; its processes are known by marks")).ok()
    }

    /// Ends what runs leave running.
    pub(crate) fn leftovers(&self) -> &Leftovers {
        &self.leftovers
    }

    /// The orphans that come from this run, whatever number they carry by now.
    pub(crate) fn orphans_of(&self, run: RunId) -> Vec<Pid> {
        self.leftovers.orphans_of(run, &children::unowned())
    }

    /// Finds the processes of a run.
    pub(crate) fn scanner(&self) -> &ProcessScanner {
        &self.scanner
    }

    /// Claims a process that a module host forked and a run waits for: should the
    /// host die, the process becomes our child, and the sweep must not reap it.
    pub(crate) fn claim(&self, pid: Pid) -> Claim {
        children::own(pid);
        Claim { pid }
    }

    /// Changes whenever a child has died.
    pub(crate) fn deaths(&self) -> watch::Receiver<()> {
        self.deaths.clone()
    }
}

/// A process that the sweep does not reap as long as this lives.
#[derive(Debug)]
pub(crate) struct Claim {
    pid: Pid,
}

impl Claim {
    pub(crate) fn pid(&self) -> Pid {
        self.pid
    }

    /// Collects the process, which became our child, if it has ended. One that
    /// could not be ended is left to the sweep after its death.
    pub(crate) fn collect_adopted(self) {
        let _ = waitpid(self.pid, Some(WaitPidFlag::WNOHANG));
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        children::release(self.pid);
    }
}

/// Collects every dead child that no run waits for; returns the living ones.
fn sweep() -> Vec<Pid> {
    children::retain_unowned(lives)
}

/// Whether a child lives; a dead one is collected.
fn lives(pid: Pid) -> bool {
    match waitpid(pid, Some(WaitPidFlag::WNOHANG)) {
        Ok(WaitStatus::StillAlive) => return true,
        Err(Errno::ECHILD) => {}
        Ok(status) => tracing::debug!("collected orphan {pid}: {status:?}"),
        Err(error) => tracing::debug!("cannot collect orphan {pid}: {error}"),
    }
    false
}

/// Sweeps our children whenever some have died or runs are over, and again and again while runs go on that are known by marks.
async fn collect(reaper: Reaper, mut child_died: Signal, death: watch::Sender<()>) {
    let Reaper { leftovers, .. } = reaper;
    loop {
        tokio::select! {
            died = child_died.recv() => if died.is_none() { return },
            () = leftovers.runs_ended() => {}
            () = tokio::time::sleep(ORPHAN_LOOK_INTERVAL), if leftovers.has_marked_runs() => {}
            // From now on orphans are looked for.
            () = leftovers.marked_run_began() => continue,
        }
        leftovers.inspect(&sweep());
        let _ = death.send(());
        tokio::time::sleep(SWEEP_PAUSE).await;
    }
}
