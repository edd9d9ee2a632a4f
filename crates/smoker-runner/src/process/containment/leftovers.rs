//! What runs that are over left running, and its end.
//!
//! On Linux every orphan of a run becomes our child, so no search is needed:
//! only when the reaper finds a living child that no run waits for, the run that
//! this child belongs to is read.

use std::collections::BTreeSet;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nix::unistd::Pid;
use smoker_model::counted::counted;
use smoker_model::plugin::PluginName;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use crate::detached;
use crate::process::children::{self, Sweep};
use crate::process::containment::cgroup::run_cgroup::RunCgroup;
use crate::process::containment::cgroup::tree::CgroupTree;
use crate::process::containment::hunt;
use crate::process::containment::marked_runs::{MarkedRun, MarkedRuns, Origin, OtherOrigins};
use crate::process::containment::process_scanner::ProcessScanner;
use crate::process::containment::process_tree::ProcessTree;
use crate::process::containment::runs::Runs;
use crate::process::containment::survivors::Survivors;
use crate::process::run_id::RunId;
use crate::process::sys::{self, RunMember};
use crate::process::terminate;

/// How many processes the log names.
const MAX_NAMED: usize = 5;

/// What the guardian has to know of runs to end what a killed daemon leaves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct GuardianReport {
    /// Runs that are over and whose leftovers may stay.
    pub(crate) exempt_runs: BTreeSet<RunId>,
    /// The cgroups of those that have one.
    pub(crate) exempt_cgroups: BTreeSet<String>,
    /// Orphans of runs that are known by marks, as process id and start: they may carry no mark any more, and once the
    /// daemon is gone nothing tells whose child they were.
    pub(crate) orphans: BTreeSet<(i32, u64)>,
}

/// Knows which runs are going on and ends what others left. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Leftovers(Arc<LeftoversState>);

#[derive(Debug)]
struct LeftoversState {
    runs: Mutex<Runs>,
    /// Notified when runs are over.
    over: Notify,
    /// Notified when the first run begins that is known by marks.
    begun: Notify,
    report: watch::Sender<GuardianReport>,
    ends: Mutex<JoinSet<()>>,
    is_hunting: AtomicBool,
    survivors: Survivors,
    cgroups: Option<CgroupTree>,
    scanner: ProcessScanner,
    deaths: watch::Receiver<()>,
}

impl Leftovers {
    /// `others`: what else than runs can be the origin of our children.
    pub(crate) fn new(
        cgroups: Option<CgroupTree>,
        others: OtherOrigins,
        scanner: ProcessScanner,
        deaths: watch::Receiver<()>,
    ) -> Self {
        // With cgroups it is they that tell.
        let marked = MarkedRuns::new(if cgroups.is_none() { others } else { OtherOrigins::Always });
        let runs = Mutex::new(Runs { marked, ..Runs::default() });
        Self(Arc::new(LeftoversState {
            runs,
            over: Notify::new(),
            begun: Notify::new(),
            report: watch::channel(GuardianReport::default()).0,
            ends: Mutex::default(),
            is_hunting: AtomicBool::new(false),
            survivors: Survivors::default(),
            cgroups,
            scanner,
            deaths,
        }))
    }

    /// A run begins that is known by marks.
    pub(crate) fn begin(&self, id: RunId, run: MarkedRun) {
        let mut runs = self.runs();
        if !runs.marked.has_unfinished() {
            self.0.begun.notify_one();
        }
        runs.marked.begin(id, run);
    }

    /// Runs are over; the next sweep finds what they left.
    pub(crate) fn over(&self, ended: &[RunId]) {
        let now = sys::ticks_since_boot();
        let mut runs = self.runs();
        for run in ended {
            runs.marked.end(*run, now);
        }
        self.update_report(&runs);
        drop(runs);
        self.0.over.notify_one();
    }

    fn update_report(&self, runs: &Runs) {
        let mut exempt_runs = runs.marked.left();
        exempt_runs.extend(runs.left_in_cgroups.values());
        let exempt_cgroups = runs.left_in_cgroups.keys().cloned().collect();
        let new = GuardianReport { exempt_runs, exempt_cgroups, orphans: runs.orphans_without_leave() };
        self.0.report.send_if_modified(|report| {
            let is_changed = *report != new;
            *report = new;
            is_changed
        });
    }

    /// A child ended by itself and was reaped just now. Where processes cannot
    /// be marked its group is all that is known of what it left, and only now:
    /// as long as the group has members no other process can get its number.
    pub(crate) fn child_ended(&self, run: RunId, group: Pid, plugin: &PluginName) {
        if !sys::can_mark() && terminate::has_members(group) {
            self.end(ProcessTree::of_child(run, None, group), Vec::new(), Some(plugin.clone()));
        }
    }

    /// Returns when runs are over.
    pub(crate) async fn runs_ended(&self) {
        self.0.over.notified().await;
    }

    /// Returns when the first run has begun that is known by marks.
    pub(crate) async fn marked_run_began(&self) {
        self.0.begun.notified().await;
    }

    /// Whether runs go on that are known by marks, so that each orphan has to be known before the daemon may be killed.
    pub(crate) fn has_marked_runs(&self) -> bool {
        self.runs().marked.has_unfinished()
    }

    /// Whether another look may show that from now on all orphans come from runs.
    pub(crate) fn wants_another_look(&self) -> bool {
        self.runs().marked.wants_another_look()
    }

    /// What the guardian has to know.
    pub(crate) fn guardian_report(&self) -> watch::Receiver<GuardianReport> {
        self.0.report.subscribe()
    }

    /// The run in a cgroup is over. What it left running is ended in the
    /// background, unless it may stay.
    pub(crate) fn cgroup_over(&self, run: RunId, cgroup: RunCgroup, leaves_running: bool, plugin: &PluginName) {
        let Some(cgroups) = self.0.cgroups.clone() else { return };
        if !cgroup.is_populated().unwrap_or(true) {
            cgroups.give_back(cgroup);
        } else if leaves_running {
            // In one step, so that of two runs that end at once the later list is the last one.
            let mut runs = self.runs();
            runs.left_in_cgroups.insert(cgroup.name().to_owned(), run);
            let left = cgroups.keep_left(cgroup);
            runs.left_in_cgroups.retain(|name, _| left.contains(name));
            self.update_report(&runs);
        } else {
            self.terminate_cgroup(cgroups, cgroup, plugin.clone());
        }
    }

    fn terminate_cgroup(&self, cgroups: CgroupTree, cgroup: RunCgroup, plugin: PluginName) {
        let this = self.clone();
        self.spawn_termination(async move {
            // The parts of a pipeline need a moment to end after the last.
            if terminate::is_empty_soon(&cgroup).await {
                cgroups.give_back(cgroup);
                return;
            }
            this.report(Some(&plugin), &sys::members_of(&cgroup.processes()));
            let survivors = terminate::terminate_cgroup(&cgroup, this.0.deaths.clone()).await;
            this.report_survivors(Some(&plugin), &survivors);
            cgroups.give_back(cgroup);
        });
    }

    fn spawn_termination(&self, end: impl Future<Output = ()> + Send + 'static) {
        let mut ends = self.ends();
        while ends.try_join_next().is_some() {}
        ends.spawn(end);
    }

    /// Takes the living children that no run waits for, and ends those of runs
    /// that are over.
    pub(crate) fn inspect(&self, sweep: &Sweep) {
        let ended = {
            let mut runs = self.runs();
            runs.marked.looked(!sweep.living.is_empty() || !sweep.is_complete, sys::ticks_since_boot());
            runs.see(&sweep.living, self.0.cgroups.as_ref());
            let ended = runs.take_ended();
            runs.forget();
            self.update_report(&runs);
            ended
        };
        for (tree, known, plugin) in ended {
            self.end(tree, known, plugin);
        }
    }

    /// The orphans that come from this run, whatever number they carry by now.
    pub(crate) fn orphans_of(&self, run: RunId, unowned_children: &[Pid]) -> Vec<Pid> {
        let mut runs = self.runs();
        runs.see(unowned_children, self.0.cgroups.as_ref());
        let of_run = runs.orphans.iter().filter(|(_, orphan)| orphan.origin == Origin::Run(run));
        of_run.map(|(pid, _)| *pid).collect()
    }

    /// All runs are over, and the last sweep is done: waits until what it found has ended.
    pub(crate) async fn settle(&self) {
        let mut ends = mem::take(&mut *self.ends());
        while ends.join_next().await.is_some() {}
    }

    fn end(&self, tree: ProcessTree, known: Vec<Pid>, plugin: Option<PluginName>) {
        let this = self.clone();
        self.spawn_termination(async move {
            let LeftoversState { scanner, deaths, .. } = &*this.0;
            let was_seen = !known.is_empty();
            let known = if known.is_empty() { Vec::new() } else { scanner.find(known).await };
            let known = scanner.members(tree, known).await;
            if !known.is_empty() {
                this.report(plugin.as_ref(), &known);
            } else if was_seen {
                this.hunt().await;
            }
            this.report_survivors(plugin.as_ref(), &tree.end_with(known, scanner, deaths.clone()).await);
            if let Some(run) = tree.run {
                this.runs().terminating.remove(&run);
            }
        });
    }

    /// What was to be ended is gone before it was signalled. It may have left another one in its place.
    async fn hunt(&self) {
        if self.0.is_hunting.swap(true, Ordering::Relaxed) {
            return;
        }
        let this = self.clone();
        let hunted = detached::run_blocking(move || {
            hunt::hunt(|| this.runs().take_newly_doomed(&children::sweep().living, this.0.cgroups.as_ref()))
        })
        .await;
        self.0.is_hunting.store(false, Ordering::Relaxed);
        match hunted {
            Ok(0) => {}
            Ok(killed) => tracing::info!(
                "killed {} of runs that are over, which forked and ended faster than they could be listed",
                counted(killed, "process")
            ),
            Err(error) => tracing::warn!("cannot look for processes that fork and end all the time: {error}"),
        }
    }

    /// The processes that nothing could end.
    pub(crate) fn survivors(&self) -> &Survivors {
        &self.0.survivors
    }

    fn report_survivors(&self, plugin: Option<&PluginName>, survivors: &[Pid]) {
        for pid in survivors {
            tracing::error!("process {pid}, which a run left running, could not be killed");
        }
        if let Some(plugin) = plugin {
            self.0.survivors.note(plugin, survivors);
        }
    }

    /// Once a run; as a warning once a plugin.
    fn report(&self, plugin: Option<&PluginName>, left: &[RunMember]) {
        let left = shown(left);
        let Some(plugin) = plugin else {
            tracing::info!("a run that is over {left}; ending it");
            return;
        };
        if self.runs().warned.insert(plugin.clone()) {
            tracing::warn!("Plugin {plugin} {left}; ending it: what is to stay needs LeaveRunning: true");
        } else {
            tracing::info!("Plugin {plugin} {left}; ending it");
        }
    }

    fn ends(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.0.ends.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn runs(&self) -> MutexGuard<'_, Runs> {
        self.0.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `left 2 processes running: sleep (17), sh (18)`.
fn shown(left: &[RunMember]) -> String {
    format!("left {} running: {}", counted(left.len(), "process"), named(left))
}

/// `sleep (17), sh (18)`.
fn named(left: &[RunMember]) -> String {
    let names: Vec<_> = left.iter().take(MAX_NAMED).map(|it| format!("{} ({})", it.name, it.pid)).collect();
    let more = if left.len() > MAX_NAMED { ", ..." } else { "" };
    names.join(", ") + more
}
