//! Processes in the REST sense: requests to run plugins, their runs and results.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;
use std::sync::Arc;
use std::time::{Duration, Instant};

use smoker_model::plugin::PluginName;
use thiserror::Error;

use crate::results::client_use::ClientUses;
use crate::results::config_fields::ConfigFields;
use crate::results::history::{self, Sequence};
use crate::results::requester::ClientAddress;

/// How many finished processes are kept beside those that no client has read yet; running ones always are.
pub(crate) const KEPT_PROCESSES: usize = 1000;

/// How many unfinished runs all processes together may have; a process has one for each plugin, however often
/// the request names it. Finished runs count towards `history_memory`.
pub(crate) const AWAITED_RUNS: usize = 250_000;

/// How many unfinished runs the processes of one client address may have.
pub(crate) const AWAITED_RUNS_OF_CLIENT: usize = 50_000;

/// How many entries the page of a process has beyond one for each plugin: plugins that the request names again.
pub(crate) const REPEATED_ENTRIES: usize = 100;

/// How long a finished process is kept at least, unless a client reads it before.
pub(crate) const UNREAD_TIME: Duration = Duration::from_secs(60);

/// The bytes of finished processes within [`UNREAD_TIME`] that no client has read; beyond it no request is taken.
pub(crate) const UNREAD_MEMORY: usize = 64 << 20;

/// The same for the processes of one client address. Beyond it no request of that client is taken; what it has
/// more than this does not count in [`UNREAD_MEMORY`], so that it cannot keep others from their requests.
pub(crate) const UNREAD_MEMORY_OF_CLIENT: usize = 16 << 20;

/// Memory of a process without runs, in bytes.
const PROCESS_OVERHEAD: usize = 2 * std::mem::size_of::<Process>();

/// Memory of a run beside its result's text, in bytes.
const RUN_OVERHEAD: usize = std::mem::size_of::<ForcedRun>();

/// The number of a process, from 1.
pub(crate) type ProcessId = u64;

/// The result of a forced run, as JSON texts.
#[derive(Clone, Debug)]
pub(crate) struct ForcedOutcome {
    /// For `forcedResult`.
    pub(crate) forced: Arc<str>,
    /// For `lastResult`; none when the plugin keeps no history.
    pub(crate) last: Option<Arc<str>>,
}

/// A plugin of a process.
#[derive(Debug)]
struct ForcedRun {
    plugin: PluginName,
    /// None until the run has ended.
    outcome: Option<(Sequence, ForcedOutcome)>,
}

/// A request to run plugins, and its runs.
#[derive(Debug)]
struct Process {
    client: ClientAddress,
    /// One for each of its plugins, sorted by name.
    runs: Box<[ForcedRun]>,
    /// The positions in `runs` that the pages show, in the order of the request.
    shown: Box<[u32]>,
    /// How many of its runs have not ended.
    awaited: usize,
    /// Those of its plugins that a reload has removed since.
    removed: RemovedPlugins,
    /// Memory beside the texts of its results, in bytes; counted from its end on.
    overhead: isize,
    end: Option<End>,
}

/// The end of a process.
#[derive(Clone, Copy, Debug)]
struct End {
    /// The number of its last result.
    sequence: Sequence,
    at: Instant,
    /// What it counts as unread, in bytes; none when it no longer does.
    unread: Option<usize>,
}

/// Plugins that a reload has removed, as they were last configured.
pub(crate) type RemovedPlugins = HashMap<PluginName, Arc<ConfigFields>>;

/// A run of a finished process, as a page shows it.
#[derive(Debug)]
pub(crate) struct ShownRun {
    pub(crate) plugin: PluginName,
    pub(crate) outcome: ForcedOutcome,
    /// Whether the same plugin is shown before.
    pub(crate) is_repeated: bool,
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

/// Why a request is not taken at present.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum ProcessesFull {
    #[error("{AWAITED_RUNS} runs are awaited already; ask again when some are done")]
    Awaited,
    #[error("{AWAITED_RUNS_OF_CLIENT} runs are awaited by this client already; ask again when some are done")]
    AwaitedByClient,
    #[error(
        "finished processes that nobody has read take {UNREAD_MEMORY} bytes already; read yours, or ask again in a minute"
    )]
    Unread,
    #[error(
        "finished processes that this client has not read take {UNREAD_MEMORY_OF_CLIENT} bytes already; read them, or \
         ask again in a minute"
    )]
    UnreadByClient,
}

/// How many processes hold the texts of one result, and the memory that the texts take.
#[derive(Debug)]
struct TextUse {
    bytes: isize,
    processes: usize,
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
    /// The texts of results by the number of the result: processes that joined one run share them.
    texts: HashMap<Sequence, TextUse>,
    clients: ClientUses,
}

impl ForcedOutcome {
    /// The memory that its texts take, in bytes.
    fn size(&self) -> isize {
        let last = self.last.as_ref().filter(|last| !Arc::ptr_eq(last, &self.forced));
        history::size(&self.forced) + last.map_or(0, |last| history::size(last))
    }
}

impl Process {
    /// Positions of `plugins` among `distinct` ones, which are sorted, but for those that are repeated too often.
    fn positions(plugins: &[PluginName], distinct: &[PluginName]) -> Box<[u32]> {
        let mut seen = vec![false; distinct.len()];
        let mut repeated = 0;
        let position = |plugin: &PluginName| {
            let at = distinct.binary_search(plugin).ok()?;
            let is_repeated = std::mem::replace(&mut seen[at], true);
            repeated += usize::from(is_repeated);
            if is_repeated && repeated > REPEATED_ENTRIES { None } else { u32::try_from(at).ok() }
        };
        plugins.iter().filter_map(position).collect()
    }

    fn shown(&self) -> impl Iterator<Item = &ForcedRun> {
        self.shown.iter().filter_map(|at| self.runs.get(*at as usize))
    }

    fn results(&self) -> impl Iterator<Item = &(Sequence, ForcedOutcome)> {
        self.runs.iter().filter_map(|run| run.outcome.as_ref())
    }
}

impl Default for ProcessTable {
    fn default() -> Self {
        Self {
            last_id: 0,
            processes: BTreeMap::new(),
            unread: BTreeSet::new(),
            evictable: BTreeSet::new(),
            texts: HashMap::new(),
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
        let shown = Process::positions(plugins, &distinct);
        let awaited = distinct.len();
        let names: usize = shown.iter().map(|at| distinct[*at as usize].as_str().len()).sum();
        let overhead = PROCESS_OVERHEAD + awaited * RUN_OVERHEAD + shown.len() * size_of::<u32>() + names;
        let overhead = isize::try_from(overhead).unwrap_or(isize::MAX);
        let runs = distinct.into_iter().map(|plugin| ForcedRun { plugin, outcome: None }).collect();
        self.last_id += 1;
        let process = Process { client, runs, shown, awaited, removed: HashMap::new(), overhead, end: None };
        self.processes.insert(self.last_id, process);
        self.clients.change(client, |client| client.awaited += awaited);
        Ok(self.last_id)
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
                let runs = process.runs.len();
                self.unread.insert((sequence, *id));
                self.clients.change(process.client, |client| {
                    client.awaited -= runs;
                    client.unread += unread;
                });
            }
        }
        if holders > 0 {
            self.texts.insert(sequence, TextUse { bytes: outcome.size(), processes: holders });
            growth += outcome.size();
        }
        growth - self.release_unread(now)
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

    /// Number and plugins of the processes after this number, in the order of their numbers: as many as have
    /// `names` names together, at least one process.
    pub(crate) fn list(&self, after: ProcessId, names: usize) -> Vec<(ProcessId, Vec<PluginName>)> {
        let mut left = names;
        let mut list = Vec::new();
        for (id, process) in self.processes.range((Bound::Excluded(after), Bound::Unbounded)) {
            if left == 0 {
                break;
            }
            left = left.saturating_sub(process.shown.len().max(1));
            list.push((*id, process.shown().map(|run| run.plugin.clone()).collect()));
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
        let mut freed = process.overhead;
        for (sequence, _) in process.results() {
            let Some(text) = self.texts.get_mut(sequence) else { continue };
            text.processes -= 1;
            if text.processes == 0 {
                freed += text.bytes;
                self.texts.remove(sequence);
            }
        }
        Some(freed)
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn outcome() -> ForcedOutcome {
        ForcedOutcome { forced: "{}".into(), last: None }
    }

    fn client(last: u8) -> ClientAddress {
        IpAddr::from([127, 0, 0, last]).into()
    }

    fn added(table: &mut ProcessTable, plugins: &[&PluginName]) -> ProcessId {
        let plugins: Vec<_> = plugins.iter().map(|name| (*name).clone()).collect();
        table.add(&plugins, client(1)).expect("a process")
    }

    fn names(count: usize) -> Vec<PluginName> {
        (0..count).map(|number| PluginName::from(number.to_string().as_str())).collect()
    }

    #[test]
    fn too_many_awaited_runs_are_refused_until_some_are_done() {
        let mut table = ProcessTable::default();
        let now = Instant::now();
        let many = names(AWAITED_RUNS + 1);
        let id = table.add(&many, client(1)).expect("the first is taken");
        assert_eq!(table.add(&many[..1], client(2)), Err(ProcessesFull::Awaited));
        for (sequence, name) in many.iter().enumerate() {
            table.complete(&[id], name, &outcome(), (sequence as u64, now));
        }
        assert_eq!(table.add(&many[..1], client(2)), Ok(id + 1));
    }

    #[test]
    fn a_client_that_awaits_too_many_runs_keeps_no_other_client_from_its_own() {
        let mut table = ProcessTable::default();
        let some = names(AWAITED_RUNS_OF_CLIENT / 5);
        for _ in 0..5 {
            table.add(&some, client(1)).expect("within the limit");
        }
        assert_eq!(table.add(&some[..1], client(1)), Err(ProcessesFull::AwaitedByClient));
        table.add(&some, client(2)).expect("the other client is not refused");
    }

    #[test]
    fn a_plugin_that_is_named_again_is_one_run_and_is_shown_again_within_a_bound() {
        let mut table = ProcessTable::default();
        let a = PluginName::from("a");
        let named: Vec<_> = std::iter::repeat_n(a.clone(), 10_000).chain(["b".into(), a.clone()]).collect();
        for _ in 0..2 * AWAITED_RUNS_OF_CLIENT / named.len() {
            table.add(&named, client(1)).expect("each has two runs");
        }
        let (_, shown) = table.list(0, 1).remove(0);
        assert_eq!(shown.len(), REPEATED_ENTRIES + 2);
        assert_eq!((&shown[..2], shown.last()), (&[a.clone(), a][..], Some(&"b".into())));
    }

    #[test]
    fn a_process_is_finished_when_each_of_its_plugins_is() {
        let mut table = ProcessTable::default();
        let (a, b) = (PluginName::from("a"), PluginName::from("b"));
        let id = added(&mut table, &[&a, &b, &a]);
        let now = Instant::now();
        let mut growth = table.complete(&[id], &a, &outcome(), (1, now));
        assert!(matches!(table.look_up(id), Lookup::Running));
        growth += table.complete(&[id], &b, &outcome(), (2, now));
        let Lookup::Finished(runs, _) = table.look_up(id) else { panic!("not finished") };
        let shown: Vec<_> = runs.iter().map(|run| (run.plugin.as_str(), run.is_repeated)).collect();
        assert_eq!(shown, [("a", false), ("b", false), ("a", true)]);
        assert_eq!(table.drop_oldest_finished(), None, "nobody has read it");
        table.set_read(id);
        assert_eq!(table.drop_oldest_finished(), Some(growth));
    }

    #[test]
    fn processes_that_joined_one_run_share_the_memory_of_its_result() {
        let mut table = ProcessTable::default();
        let a = PluginName::from("a");
        let ids: Vec<_> = (0..100).map(|_| added(&mut table, &[&a])).collect();
        let large = ForcedOutcome { forced: "x".repeat(1 << 20).into(), last: Some("y".repeat(1 << 20).into()) };
        let growth = table.complete(&ids, &a, &large, (1, Instant::now()));
        assert!((2 << 20..3 << 20).contains(&growth), "{growth}");
        let mut freed = 0;
        for id in ids {
            table.set_read(id);
            freed += table.drop_oldest_finished().expect("it is read");
        }
        assert_eq!((freed, table.texts.len()), (growth, 0));
    }

    #[test]
    fn a_removed_plugin_lives_and_goes_with_its_processes() {
        let mut table = ProcessTable::default();
        let (a, b) = (PluginName::from("a"), PluginName::from("b"));
        let id = added(&mut table, &[&a, &a]);
        added(&mut table, &[&b]);
        let before = table.complete(&[id], &a, &outcome(), (1, Instant::now()));
        let config = Arc::new(ConfigFields { identity: "x".to_owned(), parameters: "y".to_owned() });
        let removed = HashMap::from([(a.clone(), Arc::clone(&config))]);
        let growth = table.keep_removed(&removed) + table.keep_removed(&removed);
        assert_eq!(growth, config.size());
        assert!(matches!(table.look_up(id), Lookup::Finished(_, removed) if removed.contains_key(&a)));
        table.set_read(id);
        assert_eq!(table.drop_oldest_finished(), Some(before + growth));
    }

    #[test]
    fn the_oldest_finished_process_makes_room_and_is_remembered_as_dropped() {
        let mut table = ProcessTable::default();
        let name = PluginName::from("a");
        let running = added(&mut table, &[&name]);
        for sequence in 0..=KEPT_PROCESSES as u64 {
            let id = added(&mut table, &[&name]);
            table.complete(&[id], &name, &outcome(), (sequence, Instant::now()));
            table.set_read(id);
        }
        let last = added(&mut table, &[&name]);
        table.complete(&[last], &name, &outcome(), (5000, Instant::now()));
        assert!(matches!(table.look_up(running), Lookup::Running));
        assert!(matches!(table.look_up(running + 1), Lookup::Dropped));
        assert!(matches!(table.look_up(last), Lookup::Finished(..)));
        assert!(matches!(table.look_up(0), Lookup::Unknown));
        assert!(matches!(table.look_up(99_999), Lookup::Unknown));
    }

    #[test]
    fn the_process_that_ended_first_is_dropped_first_whenever_it_began() {
        let mut table = ProcessTable::default();
        let name = PluginName::from("a");
        let long = added(&mut table, &[&name]);
        let short = added(&mut table, &[&name]);
        for (sequence, id) in [(1, short), (2, long)] {
            table.complete(&[id], &name, &outcome(), (sequence, Instant::now()));
            table.set_read(id);
        }
        assert_eq!(table.oldest_finished(), Some(1));
        table.drop_oldest_finished();
        assert!(matches!(table.look_up(short), Lookup::Dropped));
        assert!(matches!(table.look_up(long), Lookup::Finished(..)));
    }

    #[test]
    fn an_unread_process_is_kept_for_a_minute_whatever_ends_after_it() {
        let mut table = ProcessTable::default();
        let name = PluginName::from("a");
        let start = Instant::now();
        let ids: Vec<_> = (0..2 * KEPT_PROCESSES).map(|_| added(&mut table, &[&name])).collect();
        for (sequence, id) in ids.iter().enumerate() {
            table.complete(&[*id], &name, &outcome(), (sequence as u64, start));
        }
        assert!(matches!(table.look_up(ids[0]), Lookup::Finished(..)));
        let last = added(&mut table, &[&name]);
        table.complete(&[last], &name, &outcome(), (9999, start + UNREAD_TIME));
        assert!(matches!(table.look_up(ids[0]), Lookup::Dropped));
        assert_eq!(table.list(0, usize::MAX).len(), KEPT_PROCESSES + 1);
    }

    #[test]
    fn unread_processes_beyond_their_memory_refuse_requests_and_are_not_dropped() {
        let mut table = ProcessTable::default();
        let name = PluginName::from("a");
        let now = Instant::now();
        let large = ForcedOutcome { forced: "x".repeat(UNREAD_MEMORY_OF_CLIENT).into(), last: None };
        let mut sequence = 0;
        let mut finish = |table: &mut ProcessTable, of: ClientAddress| -> Result<ProcessId, ProcessesFull> {
            let id = table.add(std::slice::from_ref(&name), of)?;
            sequence += 1;
            table.complete(&[id], &name, &large, (sequence, now));
            Ok(id)
        };
        let first = finish(&mut table, client(1)).expect("nothing is unread");
        assert_eq!(finish(&mut table, client(1)), Err(ProcessesFull::UnreadByClient));
        for other in 2..=4 {
            finish(&mut table, client(other)).expect("another client has its own share");
        }
        assert_eq!(finish(&mut table, client(5)), Err(ProcessesFull::Unread));
        assert!(matches!(table.look_up(first), Lookup::Finished(..)));
        table.set_read(first);
        finish(&mut table, client(5)).expect("a client has read one");
        table.release_unread(now + UNREAD_TIME);
        table.add(std::slice::from_ref(&name), client(2)).expect("a minute later");
    }
}
