//! What the daemon knows: results, next runs, processes.
//!
//! A cheap handle over one lock that is held for moments only: nobody writes
//! JSON, waits or does I/O under it. Readers take snapshots.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use indexmap::IndexMap;
use smoker_model::plugin::PluginName;
use smoker_model::timestamp::Timestamp;

use crate::results::frame::Frame;
use crate::results::history::Sequence;
use crate::results::json_text;
use crate::results::process_table::{ForcedOutcome, ForcedRun, Lookup, ProcessId, ProcessTable};
use crate::results::roster::{Edition, Entry, NewPlugin, Roster};

/// How many results are dropped at most before others may have the lock.
const DROPPED_AT_ONCE: usize = 256;

/// The facts, shared by plugin tasks that write and pages that read.
#[derive(Clone, Debug)]
pub(crate) struct SharedState(Arc<Mutex<State>>);

/// A plugin at one moment.
#[derive(Clone, Debug)]
pub(crate) struct PluginSnapshot {
    /// What its configuration decides.
    pub(crate) frame: Arc<Frame>,
    /// The newest result, written for the wire.
    pub(crate) last_result: Option<Arc<str>>,
    /// When the next timed run takes place, written for the wire.
    pub(crate) next_run: Arc<str>,
}

/// A finished process: each plugin with what its forced run gave.
pub(crate) type FinishedRuns = Vec<(PluginSnapshot, ForcedOutcome)>;

/// What is known of a process number.
#[derive(Debug)]
pub(crate) enum ProcessSnapshot {
    /// Some of its runs go on.
    Running,
    /// All are done.
    Finished(FinishedRuns),
    /// It was, but is no longer kept.
    Dropped,
    /// There never was such a process.
    Unknown,
}

/// A result as texts for the wire, ready to be kept.
#[derive(Debug)]
pub(crate) struct WrittenResult {
    /// With component results as a list.
    pub(crate) listed: Arc<str>,
    /// With component results as a mapping; the same text when there are none.
    pub(crate) mapped: Arc<str>,
}

#[derive(Debug)]
struct State {
    /// Grows with every change that a page shows.
    generation: u64,
    sequence: Sequence,
    plugins: Roster,
    processes: ProcessTable,
    memory: Memory,
}

/// How much room the kept results take.
#[derive(Debug)]
struct Memory {
    used: isize,
    limit: isize,
    exceeded_before: bool,
}

impl SharedState {
    /// A state that knows of nothing.
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(State {
            generation: 0,
            sequence: 0,
            plugins: Roster::default(),
            processes: ProcessTable::default(),
            memory: Memory { used: 0, limit: isize::MAX, exceeded_before: false },
        })))
    }

    /// Takes the plugins of a configuration in the place of those before, all
    /// at once. `history_memory` bounds what all kept results take together, in bytes.
    pub(crate) fn replace_plugins(&self, plugins: Vec<NewPlugin>, history_memory: usize) {
        let limit = isize::try_from(history_memory).unwrap_or(isize::MAX);
        // What goes is given back to the system when nobody waits for the lock.
        let _removed = self.lock().replace_plugins(plugins, limit);
        while self.lock().drop_oldest_results() {}
    }

    /// Tells when the plugin runs next, unless it was defined anew meanwhile.
    pub(crate) fn set_next_run(&self, plugin: &PluginName, edition: Edition, next_run: Option<Timestamp>) {
        let next_run = json_text::to_text(&next_run).into();
        let mut state = self.lock();
        if let Some(entry) = state.plugins.get_mut(plugin)
            && entry.plan.edition == edition
        {
            entry.plan.next_run = next_run;
            state.generation += 1;
        }
    }

    /// Keeps a result, and gives it to the processes that wait for it.
    pub(crate) fn record(&self, plugin: &PluginName, result: &WrittenResult, waiting: &[ProcessId]) {
        let said = self.lock().record(plugin, result, waiting);
        if let Some(limit) = said {
            tracing::warn!(
                "all results together take more than history_memory ({limit} bytes): the oldest are dropped from now on"
            );
        }
    }

    /// Enters a process for the named plugins; none when too many runs are awaited already.
    pub(crate) fn add_process(&self, plugins: Vec<PluginName>) -> Option<ProcessId> {
        self.lock().processes.add(plugins)
    }

    /// A number that differs from an earlier one if any page may have changed.
    pub(crate) fn generation(&self) -> u64 {
        self.lock().generation
    }

    /// All plugins in configuration order, and the generation that they show.
    pub(crate) fn plugins(&self) -> (u64, Vec<PluginSnapshot>) {
        let state = self.lock();
        (state.generation, state.plugins.entries().map(Entry::snapshot).collect())
    }

    /// One plugin with its history, oldest first.
    pub(crate) fn plugin(&self, name: &PluginName) -> Option<(PluginSnapshot, Vec<Arc<str>>)> {
        let state = self.lock();
        let plugin = state.plugins.get(name)?;
        Some((plugin.snapshot(), plugin.history.iter().cloned().collect()))
    }

    /// Number and plugins of every process that is kept.
    pub(crate) fn processes(&self) -> Vec<(ProcessId, Vec<PluginName>)> {
        self.lock().processes.list()
    }

    /// One process.
    pub(crate) fn process(&self, id: ProcessId) -> ProcessSnapshot {
        let state = self.lock();
        match state.processes.look_up(id) {
            Lookup::Running => ProcessSnapshot::Running,
            Lookup::Dropped => ProcessSnapshot::Dropped,
            Lookup::Unknown => ProcessSnapshot::Unknown,
            Lookup::Finished(runs, removed) => {
                let shown = |run: ForcedRun| {
                    let outcome = run.outcome?;
                    let (frame, next_run) = match state.plugins.get(&run.plugin) {
                        Some(plugin) => (&plugin.frame, Arc::clone(&plugin.plan.next_run)),
                        None => (removed.get(&run.plugin)?, "null".into()),
                    };
                    // The page of a process tells of its own runs, also when newer ones came since.
                    let last_result = outcome.last.clone();
                    Some((PluginSnapshot { frame: Arc::clone(frame), last_result, next_run }, outcome))
                };
                ProcessSnapshot::Finished(runs.into_iter().filter_map(shown).collect())
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Gives back what is no longer part of it.
    fn replace_plugins(&mut self, plugins: Vec<NewPlugin>, limit: isize) -> IndexMap<PluginName, Entry> {
        self.generation += 1;
        let (removed, growth) = self.plugins.replace(plugins);
        self.memory.used += growth;
        if !removed.is_empty() {
            let frames = removed.iter().map(|(name, entry)| (name.clone(), Arc::clone(&entry.frame))).collect();
            self.memory.used += self.processes.keep_removed(&frames);
        }
        if self.memory.limit != limit {
            self.memory = Memory { limit, exceeded_before: false, ..self.memory };
        }
        removed
    }

    /// Gives the memory limit the first time that it is exceeded.
    fn record(&mut self, name: &PluginName, result: &WrittenResult, waiting: &[ProcessId]) -> Option<isize> {
        self.generation += 1;
        self.sequence += 1;
        let mut keeps_history = true;
        // A plugin that was removed while it ran has no history, but its processes get their result.
        if let Some(plugin) = self.plugins.get_mut(name) {
            self.memory.used += plugin.history.push(self.sequence, Arc::clone(&result.listed));
            keeps_history = plugin.history.newest().is_some();
        }
        let last = keeps_history.then(|| Arc::clone(&result.listed));
        let outcome = ForcedOutcome { forced: Arc::clone(&result.mapped), last };
        self.memory.used += self.processes.complete(waiting, name, &outcome, self.sequence);
        if self.memory.used <= self.memory.limit {
            return None;
        }
        while self.drop_oldest_results() {}
        let said_before = std::mem::replace(&mut self.memory.exceeded_before, true);
        (!said_before).then_some(self.memory.limit)
    }

    /// Drops results, oldest first, until the rest fits, or until others
    /// should have their turn; then it is to be called again. The newest of
    /// each plugin stays: it is what everybody asks for.
    fn drop_oldest_results(&mut self) -> bool {
        for _ in 0..DROPPED_AT_ONCE {
            if self.memory.used <= self.memory.limit {
                return false;
            }
            let process = self.processes.oldest_finished();
            self.memory.used -= match (self.plugins.oldest_spare(), process) {
                (Some((when, _)), Some(finished)) if finished < when => self.processes.drop_oldest_finished(),
                (Some((_, plugin)), _) => plugin.history.drop_oldest(),
                // The process that finished last may not have been asked for yet.
                (None, Some(finished)) if finished != self.sequence => self.processes.drop_oldest_finished(),
                (None, _) => return false,
            };
        }
        true
    }
}

impl Entry {
    fn snapshot(&self) -> PluginSnapshot {
        PluginSnapshot {
            frame: Arc::clone(&self.frame),
            last_result: self.history.newest().cloned(),
            next_run: Arc::clone(&self.plan.next_run),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::roster::Plan;

    fn plugins(names: &[PluginName], history: usize) -> Vec<NewPlugin> {
        let plan = || Some(Plan { edition: 0, next_run: "null".into() });
        let plugin = |name: &PluginName| {
            let frame = Arc::new(Frame { identity: name.to_string(), parameters: String::new() });
            NewPlugin { name: name.clone(), frame, history, plan: plan() }
        };
        names.iter().map(plugin).collect()
    }

    fn state(history: usize, memory: usize) -> (SharedState, [PluginName; 2]) {
        let names = [PluginName::from("a"), PluginName::from("b")];
        let state = SharedState::new();
        state.replace_plugins(plugins(&names, history), memory);
        (state, names)
    }

    fn written(text: &str) -> WrittenResult {
        WrittenResult { listed: text.into(), mapped: text.into() }
    }

    fn texts(state: &SharedState, name: &PluginName) -> Vec<String> {
        let (_, results) = state.plugin(name).expect("a known plugin");
        results.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_oldest_results_of_all_plugins_make_room_but_never_the_newest_of_one() {
        let (state, [a, b]) = state(10, 3 * 60);
        state.record(&a, &written("a1"), &[]);
        state.record(&b, &written("b1"), &[]);
        for text in ["a2", "a3", "a4", "a5"] {
            state.record(&a, &written(text), &[]);
        }
        assert_eq!(texts(&state, &a), ["a4", "a5"]);
        assert_eq!(texts(&state, &b), ["b1"]);
    }

    #[test]
    fn a_process_page_tells_of_its_own_run_after_newer_ones() {
        let (state, [a, _]) = state(10, 1 << 20);
        let id = state.add_process(vec![a.clone()]).expect("a process");
        state.record(&a, &written("forced"), &[id]);
        state.record(&a, &written("newer"), &[]);
        let ProcessSnapshot::Finished(runs) = state.process(id) else { panic!("not finished") };
        assert_eq!(runs[0].0.last_result.as_deref(), Some("forced"));
    }

    #[test]
    fn without_history_only_the_process_has_the_result() {
        let (state, [a, _]) = state(0, 1 << 20);
        let id = state.add_process(vec![a.clone()]).expect("a process");
        state.record(&a, &written("forced"), &[id]);
        let ProcessSnapshot::Finished(runs) = state.process(id) else { panic!("not finished") };
        assert_eq!((runs[0].0.last_result.as_deref(), &*runs[0].1.forced), (None, "forced"));
        assert!(texts(&state, &a).is_empty());
    }

    #[test]
    fn every_change_gives_a_new_generation() {
        let (state, [a, _]) = state(1, 1 << 20);
        let first = state.generation();
        state.record(&a, &written("x"), &[]);
        let second = state.generation();
        state.set_next_run(&a, 0, None);
        let third = state.generation();
        assert!(first < second && second < third);
        state.set_next_run(&a, 1, None);
        assert_eq!(state.generation(), third, "what another definition plans does not count");
        state.replace_plugins(plugins(&[a], 1), 1 << 20);
        assert!(third < state.generation());
    }

    #[test]
    fn a_process_has_its_result_also_from_a_plugin_that_was_removed() {
        let (state, [a, b]) = state(10, 1 << 20);
        let add = |plugins| state.add_process(plugins).expect("a process");
        let processes = [add(vec![a.clone()]), add(vec![a.clone(), b.clone()])];
        state.record(&a, &written("before"), &processes[..1]);
        state.replace_plugins(plugins(std::slice::from_ref(&b), 10), 1 << 20);
        state.record(&a, &written("after"), &processes[1..]);
        state.record(&b, &written("b"), &processes[1..]);
        assert!(state.plugin(&a).is_none());
        for (id, expected) in processes.into_iter().zip(["before", "after"]) {
            let ProcessSnapshot::Finished(runs) = state.process(id) else { panic!("not finished") };
            let (plugin, outcome) = &runs[0];
            assert_eq!((&*plugin.frame.identity, &*outcome.forced), ("a", expected));
            assert_eq!((plugin.last_result.as_deref(), &*plugin.next_run), (Some(expected), "null"));
        }
    }

    #[test]
    fn a_lower_bound_counts_at_once_however_much_is_to_be_dropped() {
        let (state, [a, b]) = state(10 * DROPPED_AT_ONCE, 1 << 30);
        for _ in 0..3 * DROPPED_AT_ONCE {
            state.record(&a, &written("a"), &[]);
        }
        state.replace_plugins(plugins(&[a.clone(), b], 10 * DROPPED_AT_ONCE), 100);
        assert_eq!(texts(&state, &a), ["a", "a"]);
    }
}
