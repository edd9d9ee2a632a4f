//! The children of one run of a plugin: its command or module, its parser, its
//! action. They are over together, when the run has its result.

use std::sync::{Arc, Mutex, PoisonError};

use nix::unistd::{Pid, geteuid};
use smoker_model::plugin::PluginName;

use crate::process::attributes::account_processes;
use crate::process::attributes::credentials::Credentials;
use crate::process::attributes::surroundings::ProcessLimits;
use crate::process::containment::cgroup::run_cgroup::{GroupLimits, RunCgroup};
use crate::process::containment::marked_runs::MarkedRun;
use crate::process::containment::orphans::Reaper;
use crate::process::containment::process_tree::ProcessTree;
use crate::process::run_id::RunId;
use crate::process::{sys, terminate};

/// How often orphans are searched for that appear while other processes are ended.
const MAX_ROUNDS: usize = 5;

/// The children of one run. When it is dropped the run is over, and what
/// they left running is ended in the background.
#[derive(Debug)]
pub(crate) struct RunProcesses {
    reaper: Reaper,
    plugin: PluginName,
    owner: Option<u32>,
    children: Mutex<Vec<RegisteredChild>>,
}

/// A child that is about to be started: what it and all that comes from it is known by.
#[derive(Clone, Debug)]
pub(crate) struct RegisteredChild {
    pub(crate) run: RunId,
    /// None where there are no cgroups.
    pub(crate) cgroup: Option<Arc<RunCgroup>>,
    /// The account that its processes have; none for a run of root's, which can start processes of any.
    pub(crate) owner: Option<u32>,
    /// The limits that its processes carry themselves.
    pub(crate) limits: ProcessLimits,
    leaves_running: bool,
}

impl RegisteredChild {
    /// A helper of the daemon, which belongs to no run.
    pub(crate) fn helper() -> Self {
        Self {
            run: RunId::of_daemon(),
            cgroup: None,
            owner: None,
            limits: ProcessLimits::default(),
            leaves_running: false,
        }
    }

    /// Ends the child, which leads the group `leader`, and all that comes from
    /// it: SIGTERM, grace, SIGKILL. Returns the processes that nothing could end.
    pub(crate) async fn end(&self, leader: Pid, reaper: &Reaper) -> Vec<Pid> {
        match &self.cgroup {
            Some(cgroup) => terminate::terminate_cgroup(cgroup, reaper.deaths()).await,
            None => self.terminate_marked(leader, reaper).await,
        }
    }

    /// Ends the processes that carry the run id of the child, and its orphans whatever
    /// they carry, which may appear while the others are ended.
    async fn terminate_marked(&self, leader: Pid, reaper: &Reaper) -> Vec<Pid> {
        let tree = ProcessTree::of_child(self.run, self.owner, leader);
        let mut survivors = Vec::new();
        for round in 0..MAX_ROUNDS {
            let orphans = reaper.orphans_of(self.run);
            if round > 0 && orphans.iter().all(|pid| survivors.contains(pid)) {
                break;
            }
            let known = if orphans.is_empty() { Vec::new() } else { reaper.scanner().find(orphans).await };
            survivors = tree.end_with(known, reaper.scanner(), reaper.deaths()).await;
        }
        survivors
    }
}

impl RunProcesses {
    /// Of a run that begins, as another user or as the daemon.
    pub(crate) fn new(reaper: &Reaper, plugin: &PluginName, credentials: Option<&Credentials>) -> Self {
        let uid = credentials.map_or_else(geteuid, |credentials| credentials.uid);
        let owner = (!uid.is_root()).then(|| uid.as_raw());
        Self { reaper: reaper.clone(), plugin: plugin.clone(), owner, children: Mutex::default() }
    }

    /// Registers one more child. What a child leaves running when it ends by
    /// itself may stay if `leaves_running`.
    pub(crate) async fn register_child(&self, leaves_running: bool, limits: GroupLimits) -> RegisteredChild {
        let (run, owner) = (RunId::new(), self.owner);
        let cgroup = self.reaper.new_cgroup(limits).map(Arc::new);
        let controllers = cgroup.as_ref().map(|_| self.reaper.containment().controllers()).unwrap_or_default();
        let limits = ProcessLimits::beside(controllers, limits, owner, account_processes::count).await;
        if cgroup.is_none() {
            let (plugin, began) = (self.plugin.clone(), sys::ticks_since_boot());
            let marked = MarkedRun { plugin, owner, leaves_running, began, ended: None };
            self.reaper.leftovers().begin(run, marked);
        }
        let child = RegisteredChild { run, cgroup, owner, limits, leaves_running };
        self.children.lock().unwrap_or_else(PoisonError::into_inner).push(child.clone());
        child
    }

    /// How many processes the kernel has killed since the last call because a child had reached its `MaxMemory`.
    pub(crate) fn take_memory_kills(&self) -> u64 {
        let children = self.children.lock().unwrap_or_else(PoisonError::into_inner);
        children.iter().filter_map(|child| child.cgroup.as_ref()).map(|cgroup| cgroup.take_memory_kills()).sum()
    }

    /// This child, which led a group, ended by itself.
    pub(crate) fn child_ended(&self, child: &RegisteredChild, group: Pid) {
        if child.cgroup.is_none() && !child.leaves_running {
            self.reaper.leftovers().child_ended(child.run, group, &self.plugin);
        }
    }

    /// Notes processes of the run that nothing could end, or that hang on their way to their program.
    pub(crate) fn note_survivors(&self, survivors: &[Pid]) {
        self.reaper.leftovers().survivors().note(&self.plugin, survivors);
    }

    /// The processes of earlier runs of the plugin that nothing could end and that still live.
    pub(crate) fn earlier_survivors(&self) -> Vec<Pid> {
        self.reaper.leftovers().survivors().of(&self.plugin)
    }

    pub(crate) fn reaper(&self) -> &Reaper {
        &self.reaper
    }
}

impl Drop for RunProcesses {
    fn drop(&mut self) {
        let children = std::mem::take(self.children.get_mut().unwrap_or_else(PoisonError::into_inner));
        let leftovers = self.reaper.leftovers();
        let mut marked = Vec::new();
        for RegisteredChild { run, cgroup, leaves_running, .. } in children {
            match cgroup.map(Arc::try_unwrap) {
                Some(Ok(cgroup)) => leftovers.cgroup_over(run, cgroup, leaves_running, &self.plugin),
                // Nothing else holds one when its run is over.
                Some(Err(_)) => {}
                None => marked.push(run),
            }
        }
        if !marked.is_empty() {
            leftovers.over(&marked);
        }
    }
}
