//! What runs that are over left running, and its end.
//!
//! On Linux every orphan of a run becomes our child, so no search is needed:
//! only when the reaper finds a living child that no run waits for, the run that
//! this child belongs to is read.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nix::unistd::Pid;
use smoker_model::plugin::PluginName;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use crate::process::process_scanner::ProcessScanner;
use crate::process::process_tree::ProcessTree;
use crate::process::run_id::RunId;
use crate::process::sys::{self, RunMember};
use crate::process::terminate;

/// How many processes the log names.
const MAX_NAMED: usize = 5;

/// Knows which runs are going on and ends what others left. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Leftovers(Arc<LeftoversState>);

#[derive(Debug)]
struct LeftoversState {
    runs: Mutex<Runs>,
    /// Notified when runs are over.
    over: Notify,
    /// Runs in progress whose leftovers may stay.
    exempt_runs: watch::Sender<BTreeSet<RunId>>,
    ends: Mutex<JoinSet<()>>,
    scanner: ProcessScanner,
    deaths: watch::Receiver<()>,
}

#[derive(Debug, Default)]
struct Runs {
    in_progress: HashMap<RunId, PluginName>,
    /// Those that are over since the last sweep.
    over: HashMap<RunId, PluginName>,
    terminating: HashSet<RunId>,
    /// Living children that no run waits for, and the run that each carries.
    unowned_children: HashMap<Pid, Option<RunId>>,
    /// Those of them that SIGKILL could not end.
    given_up: HashSet<Pid>,
    /// Plugins that were warned of.
    warned: HashSet<PluginName>,
    /// Whether there ever was a run whose leftovers may stay.
    ever_exempt: bool,
}

impl Leftovers {
    pub(crate) fn new(scanner: ProcessScanner, deaths: watch::Receiver<()>) -> Self {
        let (exempt_runs, _) = watch::channel(BTreeSet::new());
        let (runs, over, ends) = (Mutex::default(), Notify::new(), Mutex::default());
        Self(Arc::new(LeftoversState { runs, over, exempt_runs, ends, scanner, deaths }))
    }

    /// A run begins.
    pub(crate) fn begin(&self, run: RunId, plugin: &PluginName) {
        let mut runs = self.runs();
        runs.in_progress.insert(run, plugin.clone());
        if run.leaves_running() {
            runs.ever_exempt = true;
            self.0.exempt_runs.send_modify(|exempt_runs| {
                exempt_runs.insert(run);
            });
        }
    }

    /// Runs are over; the next sweep finds what they left.
    pub(crate) fn over(&self, ended: &[RunId]) {
        let mut runs = self.runs();
        for run in ended {
            if let Some(plugin) = runs.in_progress.remove(run) {
                runs.over.insert(*run, plugin);
            }
            if run.leaves_running() {
                self.0.exempt_runs.send_modify(|exempt_runs| {
                    exempt_runs.remove(run);
                });
            }
        }
        drop(runs);
        self.0.over.notify_one();
    }

    /// A child ended by itself and was reaped just now. Where processes cannot
    /// be tagged its group is all that is known of what it left, and only now:
    /// as long as the group has members no other process can get its number.
    pub(crate) fn child_ended(&self, run: RunId, group: Pid, plugin: &PluginName) {
        if !run.leaves_running() && !sys::can_tag() && terminate::has_members(group) {
            self.end(ProcessTree::of_child(run, group), Some(plugin.clone()));
        }
    }

    /// Returns when runs are over.
    pub(crate) async fn runs_ended(&self) {
        self.0.over.notified().await;
    }

    /// The runs in progress whose leftovers may stay.
    pub(crate) fn exempt_runs(&self) -> watch::Receiver<BTreeSet<RunId>> {
        self.0.exempt_runs.subscribe()
    }

    /// Takes the living children that no run waits for, and ends those of runs
    /// that are over.
    pub(crate) fn inspect(&self, unowned_children: &[Pid]) {
        let orphaned = self.runs().inspect(unowned_children);
        for (run, plugin) in orphaned {
            self.end(ProcessTree::of_orphans(run), plugin);
        }
    }

    /// All runs are over, and the last sweep is done: waits until what it found
    /// has ended. A process that lost its number is ended, too, unless it may
    /// come from a run whose leftovers may stay.
    pub(crate) async fn settle(&self) {
        let mut ends = mem::take(&mut *self.ends());
        while ends.join_next().await.is_some() {}
        let unknown = self.runs().without_number();
        if !unknown.is_empty() {
            let tree = ProcessTree { run: None, group: None };
            let known = self.0.scanner.find(unknown).await;
            tracing::warn!("{} of unknown runs left behind: {}; killing them", count(known.len()), named(&known));
            let survivors = tree.end_with(known, &self.0.scanner, self.0.deaths.clone()).await;
            report_survivors(&survivors);
        }
    }

    fn end(&self, tree: ProcessTree, plugin: Option<PluginName>) {
        let this = self.clone();
        let mut ends = self.ends();
        while ends.try_join_next().is_some() {}
        ends.spawn(async move {
            let LeftoversState { scanner, deaths, .. } = &*this.0;
            let known = scanner.members(tree, Vec::new()).await;
            if !known.is_empty() {
                this.report(plugin.as_ref(), &known);
            }
            let survivors = tree.end_with(known, scanner, deaths.clone()).await;
            report_survivors(&survivors);
            this.runs().ended(tree, &survivors);
        });
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

impl Runs {
    fn inspect(&mut self, unowned_children: &[Pid]) -> Vec<(RunId, Option<PluginName>)> {
        let over = mem::take(&mut self.over);
        let known = mem::take(&mut self.unowned_children);
        let run_of = |pid: &Pid| sys::run_of(pid.as_raw(), RunId::of_daemon());
        self.unowned_children =
            unowned_children.iter().map(|pid| (*pid, known.get(pid).copied().unwrap_or_else(|| run_of(pid)))).collect();
        self.given_up.retain(|pid| self.unowned_children.contains_key(pid));
        let wanted = self.unowned_children.iter().filter(|(pid, _)| !self.given_up.contains(pid));
        let runs: HashSet<RunId> = wanted.filter_map(|(_, run)| *run).collect();
        let orphaned = runs.into_iter().filter(|run| {
            !run.leaves_running() && !self.in_progress.contains_key(run) && self.terminating.insert(*run)
        });
        orphaned.map(|run| (run, over.get(&run).cloned())).collect()
    }

    fn ended(&mut self, tree: ProcessTree, survivors: &[Pid]) {
        if let Some(run) = tree.run {
            self.terminating.remove(&run);
        }
        self.given_up.extend(survivors);
    }

    fn without_number(&self) -> Vec<Pid> {
        if self.ever_exempt {
            return Vec::new();
        }
        self.unowned_children.iter().filter(|(_, run)| run.is_none()).map(|(pid, _)| *pid).collect()
    }
}

/// `left 2 processes running: sleep (17), sh (18)`.
fn shown(left: &[RunMember]) -> String {
    format!("left {} running: {}", count(left.len()), named(left))
}

fn count(processes: usize) -> String {
    format!("{processes} {}", if processes == 1 { "process" } else { "processes" })
}

/// `sleep (17), sh (18)`.
fn named(left: &[RunMember]) -> String {
    let names: Vec<_> = left.iter().take(MAX_NAMED).map(|it| format!("{} ({})", it.name, it.pid)).collect();
    let more = if left.len() > MAX_NAMED { ", ..." } else { "" };
    names.join(", ") + more
}

fn report_survivors(survivors: &[Pid]) {
    for pid in survivors {
        tracing::error!("process {pid}, which a run left running, could not be killed");
    }
}
