//! The runs of a daemon, and the orphans that came from them: what is known, and what is to become of each.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::mem;

use nix::unistd::Pid;
use smoker_model::plugin::PluginName;

use crate::process::containment::cgroup::tree::CgroupTree;
use crate::process::containment::marked_runs::{MarkedRuns, Origin, OrphanFacts, OrphanFate};
use crate::process::containment::process_tree::ProcessTree;
use crate::process::run_id::RunId;
use crate::process::sys;

/// The runs and orphans that are known now.
#[derive(Debug, Default)]
pub(super) struct Runs {
    pub(super) marked: MarkedRuns,
    /// Runs that are over and left something in a cgroup, which may stay, by the name of the cgroup.
    pub(super) left_in_cgroups: HashMap<String, RunId>,
    /// Runs whose leftovers are being ended.
    pub(super) terminating: HashSet<RunId>,
    /// Living children that no run waits for, as they were seen first.
    pub(super) orphans: HashMap<Pid, Orphan>,
    /// Plugins that were warned of.
    pub(super) warned: HashSet<PluginName>,
}

/// A process that lost its parent and became our child.
#[derive(Clone, Debug)]
pub(super) struct Orphan {
    facts: OrphanFacts,
    pub(super) origin: Origin,
    /// Whether it is being ended, or SIGKILL could not end it.
    is_settled: bool,
}

impl Runs {
    /// Notes the orphans that there are now. Those in a cgroup of `cgroups` end with it.
    pub(super) fn see(&mut self, unowned_children: &[Pid], cgroups: Option<&CgroupTree>) {
        let Self { marked, orphans, .. } = self;
        let mut before = mem::take(orphans);
        for pid in unowned_children {
            let seen = before.remove(pid);
            let seen = seen.or_else(|| {
                let facts = sys::orphan_facts(*pid)?;
                let is_in_cgroup = cgroups.is_some_and(|cgroups| cgroups.has_in_run(*pid));
                let origin = if is_in_cgroup { Origin::Cgroup } else { Origin::Unknown };
                Some(Orphan { facts, origin, is_settled: false })
            });
            let Some(mut orphan) = seen else { continue };
            if orphan.origin == Origin::Unknown {
                orphan.origin = marked.origin(orphan.facts);
            }
            orphans.insert(*pid, orphan);
        }
    }

    /// What is to be ended now: the leftovers of a run, or single orphans.
    pub(super) fn take_ended(&mut self) -> Vec<(ProcessTree, Vec<Pid>, Option<PluginName>)> {
        let Self { marked, orphans, terminating, .. } = self;
        let mut by_run: HashMap<Option<RunId>, Vec<Pid>> = HashMap::new();
        for (pid, orphan) in orphans.iter_mut().filter(|(_, orphan)| !orphan.is_settled) {
            if marked.verdict(&orphan.origin) != OrphanFate::End {
                continue;
            }
            orphan.is_settled = true;
            let run = if let Origin::Run(run) = orphan.origin { Some(run) } else { None };
            by_run.entry(run).or_default().push(*pid);
        }
        let ended = by_run.into_iter().map(|(run, pids)| {
            let known = run.and_then(|run| marked.get(run));
            let tree = ProcessTree { run, owner: known.and_then(|run| run.owner), group: None };
            terminating.extend(run);
            (tree, pids, known.map(|run| run.plugin.clone()))
        });
        ended.collect()
    }

    /// The orphans that may not stay when the daemon is gone.
    pub(super) fn orphans_without_leave(&self) -> BTreeSet<(i32, u64)> {
        let may_not_stay = |orphan: &Orphan| self.marked.verdict(&orphan.origin) != OrphanFate::Stay;
        let orphans = self.orphans.iter().filter(|(_, orphan)| may_not_stay(orphan));
        orphans.map(|(pid, orphan)| (pid.as_raw(), orphan.facts.start)).collect()
    }

    /// Forgets runs that have left nothing, or nothing that lives.
    pub(super) fn forget(&mut self) {
        let Self { marked, orphans, terminating, .. } = self;
        let mut kept: HashSet<RunId> = terminating.clone();
        for orphan in orphans.values() {
            match &orphan.origin {
                Origin::Run(run) => drop(kept.insert(*run)),
                Origin::OneOf(runs) => kept.extend(runs),
                Origin::Cgroup | Origin::Unknown | Origin::Foreign => {}
            }
        }
        marked.forget_all_but(|run| kept.contains(&run));
    }

    /// The orphans among these that are seen for the first time, of runs that are over, as process id and start. They count as ended.
    pub(super) fn take_newly_doomed(&mut self, living: &[Pid], cgroups: Option<&CgroupTree>) -> Vec<(Pid, u64)> {
        let before: HashSet<_> = self.orphans.keys().copied().collect();
        self.see(living, cgroups);
        let Self { marked, orphans, .. } = self;
        let mut doomed = Vec::new();
        for (pid, orphan) in orphans.iter_mut().filter(|(pid, _)| !before.contains(pid)) {
            if marked.verdict(&orphan.origin) == OrphanFate::End {
                orphan.is_settled = true;
                doomed.push((*pid, orphan.facts.start));
            }
        }
        doomed
    }
}
