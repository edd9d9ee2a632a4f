//! What the daemon knows: results, next runs, processes.
//!
//! A cheap handle over one lock that is held for moments only: nobody writes
//! JSON, waits or does I/O under it. Readers take snapshots.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use smoker_model::plugin::PluginName;
use smoker_model::timestamp::Timestamp;

use crate::frame::Frame;
use crate::history::{History, Sequence};
use crate::json_text;
use crate::process_table::{ForcedOutcome, Lookup, ProcessId, ProcessTable};

/// The facts, shared by plugin tasks that write and pages that read.
#[derive(Clone, Debug)]
pub(crate) struct SharedState(Arc<Mutex<State>>);

/// A plugin at one moment.
#[derive(Clone, Debug)]
pub(crate) struct PluginSnapshot {
    /// What never changes.
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
    plugins: Vec<PluginState>,
    by_name: HashMap<PluginName, usize>,
    processes: ProcessTable,
    memory: Memory,
}

#[derive(Debug)]
struct PluginState {
    frame: Arc<Frame>,
    history: History,
    next_run: Arc<str>,
}

/// How much room the kept results take.
#[derive(Debug)]
struct Memory {
    used: isize,
    limit: isize,
    exceeded_before: bool,
}

/// A plugin as the state first hears of it.
#[derive(Debug)]
pub(crate) struct NewPlugin {
    pub(crate) name: PluginName,
    pub(crate) frame: Frame,
    pub(crate) history: usize,
}

impl SharedState {
    /// A state without results. `history_memory` bounds what all kept results
    /// take together, in bytes.
    pub(crate) fn new(plugins: Vec<NewPlugin>, history_memory: usize) -> Self {
        let by_name = plugins.iter().enumerate().map(|(at, plugin)| (plugin.name.clone(), at)).collect();
        let plugin_state = |plugin: NewPlugin| PluginState {
            frame: Arc::new(plugin.frame),
            history: History::new(plugin.history),
            next_run: "null".into(),
        };
        let limit = isize::try_from(history_memory).unwrap_or(isize::MAX);
        Self(Arc::new(Mutex::new(State {
            generation: 0,
            sequence: 0,
            plugins: plugins.into_iter().map(plugin_state).collect(),
            by_name,
            processes: ProcessTable::default(),
            memory: Memory { used: 0, limit, exceeded_before: false },
        })))
    }

    /// Tells when the plugin runs next.
    pub(crate) fn set_next_run(&self, plugin: &PluginName, next_run: Option<Timestamp>) {
        let next_run = json_text::to_text(&next_run).into();
        let mut state = self.lock();
        if let Some(at) = state.by_name.get(plugin).copied() {
            state.plugins[at].next_run = next_run;
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

    /// Enters a process for the named plugins.
    pub(crate) fn add_process(&self, plugins: Vec<PluginName>) -> ProcessId {
        self.lock().processes.add(plugins)
    }

    /// A number that differs from an earlier one if any page may have changed.
    pub(crate) fn generation(&self) -> u64 {
        self.lock().generation
    }

    /// All plugins in configuration order, and the generation that they show.
    pub(crate) fn plugins(&self) -> (u64, Vec<PluginSnapshot>) {
        let state = self.lock();
        (state.generation, state.plugins.iter().map(PluginState::snapshot).collect())
    }

    /// One plugin with its history, oldest first.
    pub(crate) fn plugin(&self, name: &PluginName) -> Option<(PluginSnapshot, Vec<Arc<str>>)> {
        let state = self.lock();
        let plugin = &state.plugins[*state.by_name.get(name)?];
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
            Lookup::Finished(runs) => ProcessSnapshot::Finished(
                runs.into_iter()
                    .filter_map(|run| {
                        let outcome = run.outcome?;
                        let plugin = state.plugins.get(*state.by_name.get(&run.plugin)?)?;
                        // The page of a process tells of its own runs, also when newer ones came since.
                        Some((PluginSnapshot { last_result: outcome.last.clone(), ..plugin.snapshot() }, outcome))
                    })
                    .collect(),
            ),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Gives the memory limit the first time that it is exceeded.
    fn record(&mut self, name: &PluginName, result: &WrittenResult, waiting: &[ProcessId]) -> Option<isize> {
        let plugin = &mut self.plugins[*self.by_name.get(name)?];
        self.generation += 1;
        self.sequence += 1;
        self.memory.used += plugin.history.push(self.sequence, Arc::clone(&result.listed));
        let last = plugin.history.newest().is_some().then(|| Arc::clone(&result.listed));
        let outcome = ForcedOutcome { forced: Arc::clone(&result.mapped), last };
        self.memory.used += self.processes.complete(waiting, name, &outcome, self.sequence);
        if self.memory.used <= self.memory.limit {
            return None;
        }
        self.drop_oldest_results();
        let said_before = std::mem::replace(&mut self.memory.exceeded_before, true);
        (!said_before).then_some(self.memory.limit)
    }

    /// Drops results, oldest first, until the rest fits. The newest of each
    /// plugin stays: it is what everybody asks for.
    fn drop_oldest_results(&mut self) {
        while self.memory.used > self.memory.limit {
            let spare = |(at, plugin): (usize, &PluginState)| plugin.history.oldest_spare().map(|when| (when, at));
            let oldest = self.plugins.iter().enumerate().filter_map(spare).min();
            let process = self.processes.oldest_finished();
            self.memory.used -= match (oldest, process) {
                (Some((when, _)), Some(finished)) if finished < when => self.processes.drop_oldest_finished(),
                (Some((_, at)), _) => self.plugins[at].history.drop_oldest(),
                // The process that finished last may not have been asked for yet.
                (None, Some(finished)) if finished != self.sequence => self.processes.drop_oldest_finished(),
                (None, _) => return,
            };
        }
    }
}

impl PluginState {
    fn snapshot(&self) -> PluginSnapshot {
        PluginSnapshot {
            frame: Arc::clone(&self.frame),
            last_result: self.history.newest().cloned(),
            next_run: Arc::clone(&self.next_run),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(history: usize, memory: usize) -> (SharedState, [PluginName; 2]) {
        let names = [PluginName::from("a"), PluginName::from("b")];
        let plugins =
            names.iter().map(|name| NewPlugin { name: name.clone(), frame: Frame::default(), history }).collect();
        (SharedState::new(plugins, memory), names)
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
        let id = state.add_process(vec![a.clone()]);
        state.record(&a, &written("forced"), &[id]);
        state.record(&a, &written("newer"), &[]);
        let ProcessSnapshot::Finished(runs) = state.process(id) else { panic!("not finished") };
        assert_eq!(runs[0].0.last_result.as_deref(), Some("forced"));
    }

    #[test]
    fn without_history_only_the_process_has_the_result() {
        let (state, [a, _]) = state(0, 1 << 20);
        let id = state.add_process(vec![a.clone()]);
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
        state.set_next_run(&a, None);
        assert!(first < second && second < state.generation());
    }
}
