//! Orphans that became our children.
//!
//! The daemon adopts what its plugins leave behind, so it also has to collect
//! them when they die. Each is reaped by its own pid: a wait for any child
//! would steal the exit status of a plugin's shell from the run that waits for it.

use std::collections::HashSet;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{RwLock, watch};

use crate::process::containment::cgroup::run_cgroup::{GroupLimits, RunCgroup};
use crate::process::containment::leftovers::Leftovers;
use crate::process::containment::level::ContainmentLevel;
use crate::process::containment::process_scanner::ProcessScanner;
use crate::process::run_id::RunId;
use crate::process::sys::{self, ChildSetup, ScanScope, StartedChild};

/// Deaths come in bursts; one sweep through our children serves all of a burst.
const SWEEP_PAUSE: Duration = Duration::from_millis(100);

/// The kernel does not say when a process becomes our child. Where runs are known by marks alone their orphans are looked
/// for after each such pause, so that the guardian knows them should the daemon be killed.
const ORPHAN_LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// A spawn is in progress until the child is listed, and none is while orphans
/// are reaped: otherwise a child could be taken for an orphan in the moment after
/// its start.
static SPAWNING: RwLock<()> = RwLock::const_new(());

/// Knows which children belong to runs and collects all others. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Reaper {
    owned: Arc<OwnedChildren>,
    deaths: watch::Receiver<()>,
    scanner: ProcessScanner,
    leftovers: Leftovers,
    containment: ContainmentLevel,
}

#[derive(Debug, Default)]
struct OwnedChildren {
    pids: Mutex<HashSet<i32>>,
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
        let owned = Arc::new(OwnedChildren::default());
        let scanner = ProcessScanner::start(ScanScope::this())?;
        let leftovers = Leftovers::new(containment.cgroups().cloned(), scanner.clone(), deaths.clone());
        let this = Self { owned, deaths, scanner, leftovers, containment };
        tokio::spawn(collect(this.clone(), signal(SignalKind::child())?, death));
        Ok(this)
    }

    /// To be called when all runs are over, before the daemon ends: returns
    /// when what they left running has ended.
    pub async fn settle(&self) {
        self.leftovers.inspect(&self.owned.sweep().await);
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

    /// Starts a child that is waited for elsewhere; [`Self::release`] when it has been.
    pub(crate) async fn start_child(&self, setup: &ChildSetup<'_>) -> io::Result<StartedChild> {
        let _spawning = SPAWNING.read().await;
        let child = sys::start(setup)?;
        self.owned.owned().insert(child.pid.as_raw());
        Ok(child)
    }

    /// Forgets a child that its run has waited for.
    pub(crate) fn release(&self, pid: Pid) {
        self.owned.owned().remove(&pid.as_raw());
    }

    /// Ends what runs leave running.
    pub(crate) fn leftovers(&self) -> &Leftovers {
        &self.leftovers
    }

    /// The orphans that come from this run, whatever number they carry by now.
    pub(crate) fn orphans_of(&self, run: RunId) -> Vec<Pid> {
        self.leftovers.orphans_of(run, &self.owned.unowned_children())
    }

    /// Finds the processes of a run.
    pub(crate) fn scanner(&self) -> &ProcessScanner {
        &self.scanner
    }

    /// Claims a process that a module host forked and a run waits for: should the
    /// host die, the process becomes our child, and the sweep must not reap it.
    pub(crate) fn claim(&self, pid: Pid) -> Claim {
        self.owned.owned().insert(pid.as_raw());
        Claim { pid, reaper: self.clone() }
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
    reaper: Reaper,
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
        self.reaper.release(self.pid);
    }
}

impl OwnedChildren {
    fn owned(&self) -> MutexGuard<'_, HashSet<i32>> {
        self.pids.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn unowned_children(&self) -> Vec<Pid> {
        let children = sys::child_pids();
        let owned = self.owned();
        children.into_iter().filter(|pid| !owned.contains(&pid.as_raw())).collect()
    }

    /// Collects every dead child that no run waits for; returns the living ones.
    async fn sweep(&self) -> Vec<Pid> {
        let candidates = self.unowned_children();
        if candidates.is_empty() {
            return candidates;
        }
        let _no_spawns = SPAWNING.write().await;
        let owned = self.owned();
        let unowned_children = candidates.into_iter().filter(|pid| !owned.contains(&pid.as_raw()));
        unowned_children.filter(|pid| lives(*pid)).collect()
    }
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
    let Reaper { owned, leftovers, .. } = reaper;
    loop {
        tokio::select! {
            died = child_died.recv() => if died.is_none() { return },
            () = leftovers.runs_ended() => {}
            () = tokio::time::sleep(ORPHAN_LOOK_INTERVAL), if leftovers.has_marked_runs() => {}
            // From now on orphans are looked for.
            () = leftovers.marked_run_began() => continue,
        }
        leftovers.inspect(&owned.sweep().await);
        let _ = death.send(());
        tokio::time::sleep(SWEEP_PAUSE).await;
    }
}
