//! Orphans that became our children.
//!
//! The daemon adopts what its plugins leave behind, so it also has to collect
//! them when they die. Each is reaped by its own pid: a wait for any child
//! would steal the exit status of a plugin's shell from the run that waits for it.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nix::unistd::Pid;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::process::children;
use crate::process::containment::cgroup::run_cgroup::{GroupLimits, RunCgroup};
use crate::process::containment::leftovers::Leftovers;
use crate::process::containment::level::ContainmentLevel;
use crate::process::containment::marked_runs::OtherOrigins;
use crate::process::containment::process_scanner::ProcessScanner;
use crate::process::run_id::RunId;
use crate::process::sys::{self, ScanScope};

/// Deaths come in bursts; one sweep through our children serves all of a burst.
const SWEEP_PAUSE: Duration = Duration::from_millis(100);

/// The kernel does not say when a process becomes our child. Where runs are known by marks alone their orphans are looked
/// for after each such pause, so that the guardian knows them should the daemon be killed.
const ORPHAN_LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// How often the last look is repeated as long as it could not see all, and the pause between.
const FINAL_SWEEPS: usize = 20;
const FINAL_PAUSE: Duration = Duration::from_millis(10);

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
        let leftovers =
            Leftovers::new(containment.cgroups().cloned(), other_origins(), scanner.clone(), deaths.clone());
        let this = Self { deaths, scanner, leftovers, containment };
        tokio::spawn(collect(this.clone(), signal(SignalKind::child())?, death));
        Ok(this)
    }

    /// To be called when all runs are over, before the daemon ends: returns
    /// when what they left running has ended.
    pub(crate) async fn settle(&self) {
        let mut sweep = children::sweep();
        self.leftovers.inspect(&sweep);
        for _ in 0..FINAL_SWEEPS {
            if sweep.is_complete {
                break;
            }
            tokio::time::sleep(FINAL_PAUSE).await;
            sweep = children::sweep();
            self.leftovers.inspect(&sweep);
        }
        self.leftovers.settle().await;
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

    /// Changes whenever a child has died.
    pub(crate) fn deaths(&self) -> watch::Receiver<()> {
        self.deaths.clone()
    }
}

/// What else than runs can be the origin of our children: a daemon that is the first process of a container gets orphans of all in it,
/// and children of what became the daemon have children of their own.
fn other_origins() -> OtherOrigins {
    static HAS_ANOTHER: AtomicBool = AtomicBool::new(false);
    // Tests have several in one process.
    let is_another = HAS_ANOTHER.swap(true, Ordering::Relaxed);
    let is_first_process = Pid::this().as_raw() == 1;
    if is_another || is_first_process {
        OtherOrigins::Always
    } else if sys::child_pids().is_empty() {
        OtherOrigins::NoneSince(sys::ticks_since_boot())
    } else {
        OtherOrigins::UntilGone
    }
}

/// Sweeps our children whenever some have died or runs are over, and again and again while runs go on that are known by marks.
async fn collect(reaper: Reaper, mut child_died: Signal, death: watch::Sender<()>) {
    let Reaper { leftovers, .. } = reaper;
    let mut is_complete = true;
    loop {
        tokio::select! {
            died = child_died.recv() => if died.is_none() { return },
            () = leftovers.runs_ended() => {}
            () = std::future::ready(()), if !is_complete => {}
            () = tokio::time::sleep(ORPHAN_LOOK_INTERVAL), if leftovers.has_marked_runs() => {}
            // From now on orphans are looked for.
            () = leftovers.marked_run_began() => continue,
        }
        let sweep = children::sweep();
        leftovers.inspect(&sweep);
        is_complete = sweep.is_complete && !leftovers.wants_another_look();
        let _ = death.send(());
        tokio::time::sleep(SWEEP_PAUSE).await;
    }
}
