//! All living processes at one moment, and which of them belong to a run.

use std::collections::{HashMap, HashSet};

use nix::unistd::Pid;

use crate::process::containment::process_tree::{CarriedRun, ProcessTree};
use crate::process::run_id::RunId;
use crate::process::sys::newest;
use crate::process::sys::proc_stat::{ProcStat, carried_run};
use crate::process::sys::run_member::RunMember;

/// The daemon whose processes a scan finds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ScanScope {
    daemon: RunId,
    /// Nothing that is older than the daemon comes from it.
    since: u64,
}

impl ScanScope {
    /// Those of this program.
    pub(crate) fn this() -> Self {
        Self { daemon: RunId::of_daemon(), since: ProcStat::this().map_or(0, |this| this.start) }
    }

    /// Those of the daemon that has this number.
    pub(crate) fn daemon(daemon: RunId) -> Self {
        Self { daemon, since: 0 }
    }
}

/// The living processes that may come from a daemon.
pub(crate) struct ProcessList {
    subject: ScanScope,
    seen: HashSet<(i32, u64)>,
    processes: Vec<(ProcStat, Option<CarriedRun>)>,
    by_run: HashMap<RunId, Vec<usize>>,
    by_group: HashMap<i32, Vec<usize>>,
    by_parent: HashMap<i32, Vec<usize>>,
}

impl ProcessList {
    /// Reads `/proc`. Processes that come or go meanwhile may be missing.
    /// `on_sight` is called with number, group and run of each process the moment
    /// that it is read, newest first.
    pub(crate) fn read(subject: ScanScope, mut on_sight: impl FnMut(Pid, Pid, Option<CarriedRun>)) -> Self {
        let (by_run, by_group, by_parent) = (HashMap::new(), HashMap::new(), HashMap::new());
        let mut list = Self { subject, seen: HashSet::new(), processes: Vec::new(), by_run, by_group, by_parent };
        for process in ProcStat::all_pids().into_iter().filter_map(ProcStat::read) {
            list.see(process, &mut on_sight);
        }
        list
    }

    /// Adds those that come meanwhile and are gone before a list is read.
    pub(crate) fn watch_newest(&mut self, mut on_sight: impl FnMut(Pid, Pid, Option<CarriedRun>)) {
        newest::watch(|process| self.see(process, &mut on_sight));
    }

    fn see(&mut self, process: ProcStat, on_sight: &mut impl FnMut(Pid, Pid, Option<CarriedRun>)) {
        let may_be = process.is_alive() && process.start >= self.subject.since && process.pid != Pid::this().as_raw();
        if may_be && self.seen.insert((process.pid, process.start)) {
            let run = carried_run(process.pid, self.subject.daemon);
            on_sight(Pid::from_raw(process.pid), Pid::from_raw(process.group), run);
            self.add(process, run);
        }
    }

    fn add(&mut self, process: ProcStat, run: Option<CarriedRun>) {
        let index = self.processes.len();
        if let Some(carried) = run {
            self.by_run.entry(carried.run).or_default().push(index);
        }
        self.by_group.entry(process.group).or_default().push(index);
        self.by_parent.entry(process.parent).or_default().push(index);
        self.processes.push((process, run));
    }

    /// The processes of a group, those of a run, those that are known to
    /// belong to it, and everything below any of these.
    pub(crate) fn members(&self, tree: ProcessTree, known: &[RunMember]) -> Vec<RunMember> {
        let ProcessTree { run, group, .. } = tree;
        let in_group = group.and_then(|group| self.by_group.get(&group.as_raw()));
        let carrying = run.and_then(|run| self.by_run.get(&run));
        let is_carried = |index: &&usize| self.processes[**index].1.is_some_and(|carried| tree.is_carried(carried));
        let in_run = carrying.map(|carrying| carrying.iter().filter(is_carried));
        let known: HashMap<i32, u64> = known.iter().map(|member| (member.pid.as_raw(), member.start)).collect();
        let is_known = |process: &ProcStat| known.get(&process.pid) == Some(&process.start);
        let still_there = (0..self.processes.len()).filter(|index| is_known(&self.processes[*index].0));
        let mut waiting: Vec<usize> =
            in_group.into_iter().flatten().chain(in_run.into_iter().flatten()).copied().chain(still_there).collect();
        let mut found = HashSet::new();
        while let Some(index) = waiting.pop() {
            if found.insert(index) {
                let below = self.by_parent.get(&self.processes[index].0.pid);
                waiting.extend(below.into_iter().flatten());
            }
        }
        found.into_iter().map(|index| self.member(index, group)).collect()
    }

    /// Those of the processes with these numbers that live.
    pub(crate) fn find(&self, pids: &[Pid]) -> Vec<RunMember> {
        let wanted = (0..self.processes.len()).filter(|index| {
            let pid = Pid::from_raw(self.processes[*index].0.pid);
            pids.contains(&pid)
        });
        wanted.map(|index| self.member(index, None)).collect()
    }

    fn member(&self, index: usize, group: Option<Pid>) -> RunMember {
        let process = &self.processes[index].0;
        let in_group = group.is_some_and(|group| group.as_raw() == process.group);
        let name = process.name.clone();
        let is_runnable = process.is_runnable();
        let (pid, parent) = (Pid::from_raw(process.pid), Pid::from_raw(process.parent));
        RunMember { pid, parent, start: process.start, name, in_group, is_runnable }
    }

    /// All runs that have a living process.
    pub(crate) fn runs(&self) -> Vec<RunId> {
        self.by_run.keys().copied().collect()
    }
}
