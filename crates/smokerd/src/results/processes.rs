//! Processes in the REST sense: requests to run plugins, their runs and results.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use smoker_model::plugin::PluginName;

use crate::results::config_fields::ConfigFields;
use crate::results::history::{self, Sequence};

/// How many finished processes are kept; running ones always are.
pub(crate) const KEPT_PROCESSES: usize = 1000;

/// How many unfinished runs all processes together may have; a process that
/// names a plugin twice has two. Finished runs count towards `history_memory`.
pub(crate) const AWAITED_RUNS: usize = 250_000;

/// Memory of a finished run beside its result's text, in bytes.
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
#[derive(Clone, Debug)]
pub(crate) struct ForcedRun {
    /// Which plugin.
    pub(crate) plugin: PluginName,
    /// None until the run has ended.
    pub(crate) outcome: Option<ForcedOutcome>,
}

/// A request to run plugins, and its runs.
#[derive(Debug)]
pub(crate) struct Process {
    id: ProcessId,
    /// One for each plugin that the request names, duplicates included.
    runs: Vec<ForcedRun>,
    /// The unfinished plugins, each with its positions in `runs`.
    awaited: HashMap<PluginName, Vec<usize>>,
    /// Those of its plugins that a reload has removed since.
    removed: RemovedPlugins,
    /// Memory of its results and removed plugins, in bytes.
    size: isize,
    /// The number of its last result, when all runs have ended.
    finished: Option<Sequence>,
}

/// Plugins that a reload has removed, as they were last configured.
pub(crate) type RemovedPlugins = HashMap<PluginName, Arc<ConfigFields>>;

/// What the table knows of a process number.
#[derive(Debug)]
pub(crate) enum Lookup {
    /// At least one of its runs has not ended.
    Running,
    /// All runs have ended.
    Finished(Vec<ForcedRun>, RemovedPlugins),
    /// The process had finished and was evicted.
    Dropped,
    /// No process ever had this number.
    Unknown,
}

/// All processes that are kept, oldest first.
#[derive(Debug, Default)]
pub(crate) struct ProcessTable {
    last_id: ProcessId,
    processes: VecDeque<Process>,
    finished: usize,
    /// How many runs the unfinished processes have.
    awaited: usize,
}

impl ProcessTable {
    /// Adds a process; none when that would exceed [`AWAITED_RUNS`].
    pub(crate) fn add(&mut self, plugins: Vec<PluginName>) -> Option<ProcessId> {
        // A single process is always accepted: a configuration may have more plugins than the limit.
        if self.awaited > 0 && self.awaited + plugins.len() > AWAITED_RUNS {
            return None;
        }
        self.awaited += plugins.len();
        self.last_id += 1;
        let mut awaited: HashMap<_, Vec<_>> = HashMap::with_capacity(plugins.len());
        for (at, plugin) in plugins.iter().enumerate() {
            awaited.entry(plugin.clone()).or_default().push(at);
        }
        let runs = plugins.into_iter().map(|plugin| ForcedRun { plugin, outcome: None }).collect();
        let process = Process { id: self.last_id, runs, awaited, removed: HashMap::new(), size: 0, finished: None };
        self.processes.push_back(process);
        Some(self.last_id)
    }

    /// Stores the result of a plugin's forced run in each process that waits for
    /// it. Returns by how many bytes the table grew (negative: shrank).
    pub(crate) fn complete(
        &mut self,
        waiting: &[ProcessId],
        plugin: &PluginName,
        outcome: &ForcedOutcome,
        sequence: Sequence,
    ) -> isize {
        let mut growth = 0;
        for id in waiting {
            let Ok(at) = self.processes.binary_search_by_key(id, |process| process.id) else { continue };
            let process = &mut self.processes[at];
            let Some(places) = process.awaited.remove(plugin) else { continue };
            for place in places {
                process.runs[place].outcome = Some(outcome.clone());
            }
            process.size += history::size(&outcome.forced);
            growth += history::size(&outcome.forced);
            if process.awaited.is_empty() {
                // An emptied map keeps its memory, and a thousand finished processes are kept.
                process.awaited = HashMap::new();
                process.finished = Some(sequence);
                self.finished += 1;
                self.awaited -= process.runs.len();
                let places = isize::try_from(process.runs.len() * RUN_OVERHEAD).unwrap_or(isize::MAX);
                process.size += places;
                growth += places;
            }
        }
        while self.finished > KEPT_PROCESSES {
            growth -= self.drop_oldest_finished();
        }
        growth
    }

    /// Keeps the configuration of removed plugins for the processes that name
    /// them. Returns by how many bytes the table grew (negative: shrank).
    pub(crate) fn keep_removed(&mut self, removed: &RemovedPlugins) -> isize {
        let mut growth = 0;
        for process in &mut self.processes {
            let of_process = process.runs.iter().filter_map(|run| removed.get_key_value(&run.plugin));
            for (name, config) in of_process {
                let earlier = process.removed.insert(name.clone(), Arc::clone(config));
                let more = config.size() - earlier.map_or(0, |config| config.size());
                process.size += more;
                growth += more;
            }
        }
        growth
    }

    /// Finds a process by its number.
    pub(crate) fn look_up(&self, id: ProcessId) -> Lookup {
        match self.processes.binary_search_by_key(&id, |process| process.id) {
            Ok(at) => match &self.processes[at] {
                Process { finished: Some(_), runs, removed, .. } => Lookup::Finished(runs.clone(), removed.clone()),
                _ => Lookup::Running,
            },
            Err(_) if (1..=self.last_id).contains(&id) => Lookup::Dropped,
            Err(_) => Lookup::Unknown,
        }
    }

    /// Number and plugins of every process.
    pub(crate) fn list(&self) -> Vec<(ProcessId, Vec<PluginName>)> {
        let names = |process: &Process| process.runs.iter().map(|run| run.plugin.clone()).collect();
        self.processes.iter().map(|process| (process.id, names(process))).collect()
    }

    /// The number of the last result of the process that would be evicted next.
    pub(crate) fn oldest_finished(&self) -> Option<Sequence> {
        self.processes.iter().find_map(|process| process.finished)
    }

    /// Drops the finished process with the lowest number, and returns how many
    /// bytes that freed.
    pub(crate) fn drop_oldest_finished(&mut self) -> isize {
        let Some(at) = self.processes.iter().position(|process| process.finished.is_some()) else { return 0 };
        let Some(process) = self.processes.remove(at) else { return 0 };
        self.finished -= 1;
        process.size
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome() -> ForcedOutcome {
        ForcedOutcome { forced: "{}".into(), last: None }
    }

    fn added(table: &mut ProcessTable, plugins: &[&PluginName]) -> ProcessId {
        table.add(plugins.iter().map(|name| (*name).clone()).collect()).expect("a process")
    }

    fn places(runs: usize) -> isize {
        (runs * RUN_OVERHEAD).try_into().expect("a small number")
    }

    #[test]
    fn too_many_awaited_runs_are_refused_until_some_are_done() {
        let mut table = ProcessTable::default();
        let name = PluginName::from("a");
        let many = vec![name.clone(); AWAITED_RUNS + 1];
        let id = table.add(many).expect("the first is taken");
        assert_eq!(table.add(vec![name.clone()]), None);
        table.complete(&[id], &name, &outcome(), 1);
        assert_eq!(table.add(vec![name]), Some(id + 1));
    }

    #[test]
    fn a_process_is_finished_when_each_of_its_plugins_is() {
        let mut table = ProcessTable::default();
        let (a, b) = (PluginName::from("a"), PluginName::from("b"));
        let id = added(&mut table, &[&a, &b, &a]);
        assert_eq!(table.complete(&[id], &a, &outcome(), 1), history::size("{}"));
        assert!(matches!(table.look_up(id), Lookup::Running));
        table.complete(&[id], &b, &outcome(), 2);
        assert!(matches!(table.look_up(id), Lookup::Finished(runs, _) if runs.len() == 3));
        assert_eq!(table.drop_oldest_finished(), 2 * history::size("{}") + places(3));
    }

    #[test]
    fn a_removed_plugin_lives_and_goes_with_its_processes() {
        let mut table = ProcessTable::default();
        let (a, b) = (PluginName::from("a"), PluginName::from("b"));
        let id = added(&mut table, &[&a, &a]);
        added(&mut table, &[&b]);
        let mut growth = table.complete(&[id], &a, &outcome(), 1);
        let config = Arc::new(ConfigFields { identity: "x".to_owned(), parameters: "y".to_owned() });
        let removed = HashMap::from([(a.clone(), Arc::clone(&config))]);
        for _ in 0..2 {
            growth += table.keep_removed(&removed);
        }
        assert_eq!(growth, history::size("{}") + places(2) + config.size());
        assert!(matches!(table.look_up(id), Lookup::Finished(_, removed) if removed.contains_key(&a)));
        assert_eq!(table.drop_oldest_finished(), growth);
    }

    #[test]
    fn the_oldest_finished_process_makes_room_and_is_remembered_as_dropped() {
        let mut table = ProcessTable::default();
        let name = PluginName::from("a");
        let running = added(&mut table, &[&name]);
        for sequence in 0..=KEPT_PROCESSES as u64 {
            let id = added(&mut table, &[&name]);
            table.complete(&[id], &name, &outcome(), sequence);
        }
        assert!(matches!(table.look_up(running), Lookup::Running));
        assert!(matches!(table.look_up(running + 1), Lookup::Dropped));
        assert!(matches!(table.look_up(running + 2), Lookup::Finished(..)));
        assert!(matches!(table.look_up(0), Lookup::Unknown));
        assert!(matches!(table.look_up(99_999), Lookup::Unknown));
    }
}
