//! All processes that are kept.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv6Addr};
use std::ops::Bound;
use std::sync::Arc;
use std::time::Instant;

use smoker_model::plugin::PluginName;
use tokio_util::sync::CancellationToken;

use crate::results::kept::history::Sequence;
use crate::results::processes::client_use::ClientUses;
use crate::results::processes::limits::{
    AWAITED_RUNS, AWAITED_RUNS_OF_CLIENT, KEPT_PROCESSES, ProcessesFull, UNREAD_MEMORY, UNREAD_MEMORY_OF_CLIENT,
    UNREAD_TIME,
};
use crate::results::processes::process::{End, ForcedOutcome, ForcedRun, Process, ProcessId, RemovedPlugins};
use crate::results::processes::texts::SharedTexts;
use crate::results::requester::ClientAddress;

/// A run of a finished process, as a page shows it.
#[derive(Debug)]
pub(crate) struct ShownRun {
    pub(crate) plugin: PluginName,
    pub(crate) outcome: ForcedOutcome,
    /// Whether the same plugin is shown before.
    pub(crate) is_repeated: bool,
}

/// A process in the list of all.
#[derive(Debug)]
pub(crate) struct ListedProcess {
    pub(crate) id: ProcessId,
    /// In the order of the request.
    pub(crate) plugins: Vec<PluginName>,
    /// Who requested it, where the client has proved who it is.
    pub(crate) triggered_by: Option<Arc<str>>,
}

/// What the table knows of a process number.
#[derive(Debug)]
pub(crate) enum Lookup {
    /// At least one of its runs has not ended.
    Running,
    /// All runs have ended.
    Finished(Vec<ShownRun>, RemovedPlugins),
    /// The process had finished and was evicted.
    Dropped,
    /// No process ever had this number.
    Unknown,
}

/// All processes that are kept.
#[derive(Debug)]
pub(crate) struct ProcessTable {
    last_id: ProcessId,
    processes: BTreeMap<ProcessId, Process>,
    /// Finished processes that no client has read yet, in the order of their ends.
    unread: BTreeSet<(Sequence, ProcessId)>,
    /// Finished processes that may be evicted, in the order of their ends.
    evictable: BTreeSet<(Sequence, ProcessId)>,
    texts: SharedTexts,
    clients: ClientUses,
}

impl Default for ProcessTable {
    fn default() -> Self {
        Self {
            last_id: 0,
            processes: BTreeMap::new(),
            unread: BTreeSet::new(),
            evictable: BTreeSet::new(),
            texts: SharedTexts::default(),
            clients: ClientUses::new(UNREAD_MEMORY_OF_CLIENT),
        }
    }
}

impl ProcessTable {
    /// Adds a process of a client.
    ///
    /// # Errors
    ///
    /// When too many runs are awaited, or finished processes that no client has read take too much memory.
    pub(crate) fn add(&mut self, plugins: &[PluginName], client: ClientAddress) -> Result<ProcessId, ProcessesFull> {
        let mut distinct = plugins.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        self.check(distinct.len(), client)?;
        let awaited = distinct.len();
        self.last_id += 1;
        self.processes.insert(self.last_id, Process::new(plugins, distinct, client));
        self.clients.change(client, |client| client.awaited += awaited);
        Ok(self.last_id)
    }

    /// Notes who the client of a process has proved to be.
    pub(crate) fn set_triggered_by(&mut self, id: ProcessId, name: Option<Arc<str>>) {
        if let Some(process) = self.processes.get_mut(&id) {
            process.triggered_by = name;
        }
    }

    /// Adds a process that an earlier daemon has given this number; larger ones come later.
    pub(crate) fn restore(&mut self, id: ProcessId, plugins: &[PluginName]) {
        let mut distinct = plugins.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        let awaited = distinct.len();
        // The client that requested it has no part in the limits of this daemon.
        let client = ClientAddress::from(IpAddr::V6(Ipv6Addr::UNSPECIFIED));
        self.processes.insert(id, Process::new(plugins, distinct, client));
        self.clients.change(client, |client| client.awaited += awaited);
        self.set_last_id(id);
    }

    /// Numbers go on behind this one.
    pub(crate) fn set_last_id(&mut self, id: ProcessId) {
        self.last_id = self.last_id.max(id);
    }

    /// The runs that have not ended: each plugin with the processes that wait for it.
    pub(crate) fn awaited(&self) -> Vec<(PluginName, Vec<ProcessId>)> {
        let mut awaited = BTreeMap::<PluginName, Vec<ProcessId>>::new();
        for (id, process) in &self.processes {
            for run in process.runs.iter().filter(|run| run.outcome.is_none()) {
                awaited.entry(run.plugin.clone()).or_default().push(*id);
            }
        }
        awaited.into_iter().collect()
    }

    /// The numbers of all processes that are kept.
    pub(crate) fn ids(&self) -> impl Iterator<Item = ProcessId> {
        self.processes.keys().copied()
    }

    /// The number of the newest process that there was.
    pub(crate) fn last_id(&self) -> ProcessId {
        self.last_id
    }

    fn check(&self, runs: usize, client: ClientAddress) -> Result<(), ProcessesFull> {
        let (all, client) = (self.clients.all(), self.clients.of(client));
        // A single process is always accepted: a configuration may have more plugins than the limit.
        if all.awaited > 0 && all.awaited + runs > AWAITED_RUNS {
            Err(ProcessesFull::Awaited)
        } else if client.awaited > 0 && client.awaited + runs > AWAITED_RUNS_OF_CLIENT {
            Err(ProcessesFull::AwaitedByClient)
        } else if client.unread >= UNREAD_MEMORY_OF_CLIENT {
            Err(ProcessesFull::UnreadByClient)
        } else if all.unread >= UNREAD_MEMORY {
            Err(ProcessesFull::Unread)
        } else {
            Ok(())
        }
    }

    /// A run that these processes wait for has a result, which is on its way to the journal. True when one of them has all of its
    /// results with it: a client may wait for that.
    pub(crate) fn note_recorded(&mut self, waiting: &[ProcessId]) -> bool {
        let mut is_end = false;
        for id in waiting {
            if let Some(process) = self.processes.get_mut(id) {
                process.unrecorded = process.unrecorded.saturating_sub(1);
                is_end |= process.unrecorded == 0;
            }
        }
        is_end
    }

    /// Stores the result of a plugin's forced run in each process that waits for
    /// it. Returns by how many bytes the table grew (negative: shrank).
    pub(crate) fn complete(
        &mut self,
        waiting: &[ProcessId],
        plugin: &PluginName,
        outcome: &ForcedOutcome,
        (sequence, now): (Sequence, Instant),
    ) -> isize {
        let mut growth = 0;
        let mut holders = 0;
        for id in waiting {
            let Some(process) = self.processes.get_mut(id) else { continue };
            let Ok(at) = process.runs.binary_search_by(|run| run.plugin.cmp(plugin)) else { continue };
            if process.runs[at].outcome.is_some() {
                continue;
            }
            process.runs[at].outcome = Some((sequence, outcome.clone()));
            process.awaited -= 1;
            holders += 1;
            if process.awaited == 0 {
                growth += process.overhead;
                let texts: isize = process.results().map(|(_, outcome)| outcome.size()).sum();
                let unread = usize::try_from(process.overhead + texts).unwrap_or(0);
                process.end = Some(End { sequence, at: now, unread: Some(unread) });
                if let Some(ended) = process.ended.take() {
                    ended.cancel();
                }
                let runs = process.runs.len();
                self.unread.insert((sequence, *id));
                self.clients.change(process.client, |client| {
                    client.awaited -= runs;
                    client.unread += unread;
                });
            }
        }
        growth += self.texts.add(sequence, outcome.size(), holders);
        growth - self.release_unread(now)
    }

    /// Cancelled when the process ends. None for one that has ended, or that is not kept.
    pub(crate) fn end_of(&mut self, id: ProcessId) -> Option<CancellationToken> {
        let process = self.processes.get_mut(&id).filter(|process| process.end.is_none())?;
        Some(process.ended.get_or_insert_default().clone())
    }

    /// A client has read the page of this process: it may be evicted. Returns how many bytes were freed.
    pub(crate) fn set_read(&mut self, id: ProcessId) -> isize {
        let Some(process) = self.processes.get_mut(&id) else { return 0 };
        let Some(end) = &mut process.end else { return 0 };
        let Some(unread) = end.unread.take() else { return 0 };
        let place = (end.sequence, id);
        self.clients.change(process.client, |client| client.unread -= unread);
        self.unread.remove(&place);
        self.evictable.insert(place);
        if self.evictable.len() > KEPT_PROCESSES { self.drop_oldest_finished().unwrap_or(0) } else { 0 }
    }

    /// Processes that ended [`UNREAD_TIME`] ago or earlier may be evicted, read or not. Returns how many bytes were freed.
    pub(crate) fn release_unread(&mut self, now: Instant) -> isize {
        let mut freed = 0;
        while let Some((_, id)) = self.unread.first().copied() {
            let end = self.processes.get(&id).and_then(|process| process.end);
            if end.is_some_and(|end| now.saturating_duration_since(end.at) < UNREAD_TIME) {
                break;
            }
            freed += self.set_read(id);
        }
        freed
    }

    /// Keeps the configuration of removed plugins for the processes that name
    /// them. Returns by how many bytes the table grew (negative: shrank).
    pub(crate) fn keep_removed(&mut self, removed: &RemovedPlugins) -> isize {
        let mut growth = 0;
        for process in self.processes.values_mut() {
            let of_process = process.runs.iter().filter_map(|run| removed.get_key_value(&run.plugin));
            for (name, config) in of_process {
                let earlier = process.removed.insert(name.clone(), Arc::clone(config));
                let more = config.size() - earlier.map_or(0, |config| config.size());
                process.overhead += more;
                if process.end.is_some() {
                    growth += more;
                }
            }
        }
        growth
    }

    /// Finds a process by its number.
    pub(crate) fn look_up(&self, id: ProcessId) -> Lookup {
        let Some(process) = self.processes.get(&id) else {
            return if (1..=self.last_id).contains(&id) { Lookup::Dropped } else { Lookup::Unknown };
        };
        if process.end.is_none() {
            return Lookup::Running;
        }
        let mut seen = vec![false; process.runs.len()];
        let shown = |at: &u32| {
            let at = *at as usize;
            let ForcedRun { plugin, outcome } = process.runs.get(at)?;
            let (_, outcome) = outcome.clone()?;
            Some(ShownRun { plugin: plugin.clone(), outcome, is_repeated: std::mem::replace(&mut seen[at], true) })
        };
        Lookup::Finished(process.shown.iter().filter_map(shown).collect(), process.removed.clone())
    }

    /// The processes after this number, in the order of their numbers: as many as have
    /// `names` names together, at least one process.
    pub(crate) fn list(&self, after: ProcessId, names: usize) -> Vec<ListedProcess> {
        let mut left = names;
        let mut list = Vec::new();
        for (id, process) in self.processes.range((Bound::Excluded(after), Bound::Unbounded)) {
            if left == 0 {
                break;
            }
            left = left.saturating_sub(process.shown.len().max(1));
            let plugins = process.shown().map(|run| run.plugin.clone()).collect();
            list.push(ListedProcess { id: *id, plugins, triggered_by: process.triggered_by.clone() });
        }
        list
    }

    /// The number of the last result of the process that would be evicted next.
    pub(crate) fn oldest_finished(&self) -> Option<Sequence> {
        self.evictable.first().map(|(sequence, _)| *sequence)
    }

    /// Drops the process that ended first of those that may be evicted, and returns how many
    /// bytes that freed.
    pub(crate) fn drop_oldest_finished(&mut self) -> Option<isize> {
        let (_, id) = self.evictable.pop_first()?;
        let process = self.processes.remove(&id)?;
        let results = process.results();
        let texts: isize = results.map(|(sequence, outcome)| self.texts.release(*sequence, outcome.size())).sum();
        Some(process.overhead + texts)
    }
}
