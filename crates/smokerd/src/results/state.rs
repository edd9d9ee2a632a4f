//! The plugins' results and the processes, with the memory that they take; `store` has the lock over them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, Utc};
use indexmap::IndexMap;
use smoker_model::plugin::PluginName;
use smoker_model::run_record::{RunRecord, RunState};
use smoker_model::status::Status;

use crate::results::journal::keep::{KeptRecords, KeptResults};
use crate::results::journal::restore::restored::{Restored, RestoredOutcome, RestoredPlugin, RestoredProcess};
use crate::results::kept::history::{History, Sequence};
use crate::results::kept::packed_text::PackedTexts;
use crate::results::plugin::counters::RunCounters;
use crate::results::plugin_entry::PluginEntry;
use crate::results::processes::process::{ForcedOutcome, ProcessId};
use crate::results::processes::table::ProcessTable;
use crate::results::table::{NewPlugin, PluginTable};

/// How many results are evicted at most before the lock is released to other tasks.
pub(super) const EVICTED_AT_ONCE: usize = 256;

#[derive(Debug)]
pub(super) struct State {
    /// Grows with every change that a page shows.
    pub(super) revision: u64,
    /// The number of the newest record.
    pub(super) sequence: Sequence,
    pub(super) plugins: PluginTable,
    pub(super) processes: ProcessTable,
    pub(super) memory: Memory,
    /// The newest record of the journal that says that the daemon has started.
    begin: Sequence,
    /// What the journal has of plugins that are about to be configured.
    returning: HashMap<PluginName, PluginEntry>,
    /// The number of the newest result of a plugin that was removed.
    removed: Sequence,
    /// The numbers of the runs that have started and not ended; without a journal runs have none.
    running: HashSet<u64>,
}

/// What came of recording a run.
#[derive(Debug)]
pub(super) struct Recorded {
    /// The plugin's counters; none for a plugin that is not configured.
    pub(super) counters: Option<RunCounters>,
    /// The status of the plugin's result before.
    pub(super) previous: Option<Status>,
    /// The memory limit, the first time that it is exceeded.
    pub(super) exceeded: Option<isize>,
}

/// The memory of all kept results and finished processes, in bytes.
#[derive(Debug)]
pub(super) struct Memory {
    pub(super) used: isize,
    limit: isize,
    /// Whether the limit has been exceeded, and so logged, before.
    exceeded_before: bool,
}

impl State {
    /// No plugins, no processes and no memory limit.
    pub(super) fn new() -> Self {
        Self {
            revision: 0,
            sequence: 0,
            plugins: PluginTable::default(),
            processes: ProcessTable::default(),
            memory: Memory { used: 0, limit: isize::MAX, exceeded_before: false },
            begin: 0,
            returning: HashMap::new(),
            removed: 0,
            running: HashSet::new(),
        }
    }

    /// Notes that a run has started. Returns the number of the newest record.
    pub(super) fn started(&mut self, run: u64) -> Sequence {
        self.running.insert(run);
        self.sequence
    }

    /// Takes over what the journal has. Returns for which runs processes wait that will never end.
    pub(super) fn restore(&mut self, restored: Restored, begin: Sequence) -> Vec<(PluginName, Vec<ProcessId>)> {
        (self.begin, self.sequence) = (begin, begin);
        for (name, plugin) in restored.plugins {
            let entry = PluginEntry::from(plugin);
            self.memory.used += entry.history.size();
            self.plugins.insert(name, entry);
        }
        for RestoredProcess { id, plugins, triggered_by, .. } in restored.processes.into_iter().rev() {
            self.processes.restore(id, &plugins);
            self.processes.set_triggered_by(id, triggered_by);
        }
        self.processes.set_last_id(restored.last_process);
        let now = Instant::now();
        for (sequence, RestoredOutcome { plugin, processes, outcome, .. }) in restored.outcomes {
            self.memory.used += self.processes.complete(&processes, &plugin, &outcome, (sequence, now));
            for id in processes {
                // A client that comes after the restart finds it; it may have read it before.
                self.memory.used -= self.processes.set_read(id);
            }
        }
        self.processes.awaited()
    }

    /// Keeps what the journal has of plugins that are about to be configured.
    pub(super) fn set_returning(&mut self, plugins: HashMap<PluginName, RestoredPlugin>) {
        self.returning = plugins.into_iter().map(|(name, plugin)| (name, PluginEntry::from(plugin))).collect();
    }

    /// Those of them that are not configured at present.
    pub(super) fn returning(&self) -> Vec<PluginName> {
        self.returning.keys().filter(|name| self.plugins.get(name).is_none()).cloned().collect()
    }

    /// When the last scheduled run of a plugin was to start, also of one that is about to be configured.
    pub(super) fn last_planned(&self, plugin: &PluginName) -> Option<DateTime<Utc>> {
        self.plugins.get(plugin).or_else(|| self.returning.get(plugin))?.last_planned
    }

    /// The results of all plugins.
    pub(super) fn histories(&self) -> impl Iterator<Item = (&PluginName, &History)> {
        self.plugins.named().map(|(name, entry)| (name, &entry.history))
    }

    /// The number of the newest result that is not kept any more.
    pub(super) fn dropped(&self) -> Sequence {
        self.histories().map(|(_, history)| history.dropped()).max().unwrap_or(0).max(self.removed)
    }

    /// What of the journal is to stay.
    pub(super) fn kept_records(&self) -> KeptRecords {
        let kept = |entry: &PluginEntry| KeptResults {
            newest: entry.history.newest_below(Sequence::MAX).map(|result| result.sequence),
            oldest: entry.history.oldest(),
            failures: entry.failures.iter().collect(),
            last_planned: entry.last_planned,
            held_back: entry.held_back.as_ref().map(|held| held.planned),
        };
        KeptRecords {
            plugins: self.plugins.named().map(|(name, entry)| (name.to_string(), kept(entry))).collect(),
            processes: self.processes.ids().collect(),
            last_process: self.processes.last_id(),
            begin: self.begin,
            running: self.running.clone(),
        }
    }

    /// Returns the plugins that are no longer configured.
    pub(super) fn replace_plugins(
        &mut self,
        plugins: Vec<NewPlugin>,
        limit: isize,
    ) -> IndexMap<PluginName, PluginEntry> {
        self.revision += 1;
        let (removed, growth) = self.plugins.replace(plugins, std::mem::take(&mut self.returning));
        self.memory.used += growth;
        let newest = removed.values().filter_map(|entry| entry.history.newest_below(Sequence::MAX));
        self.removed = newest.map(|result| result.sequence).max().unwrap_or(0).max(self.removed);
        if !removed.is_empty() {
            let configs = removed.iter().map(|(name, entry)| (name.clone(), Arc::clone(&entry.config))).collect();
            self.memory.used += self.processes.keep_removed(&configs);
        }
        if self.memory.limit != limit {
            self.memory = Memory { limit, exceeded_before: false, ..self.memory };
        }
        removed
    }

    /// Numbers and counts a record, and stores its result.
    pub(super) fn record(
        &mut self,
        record: &mut RunRecord,
        texts: Option<PackedTexts>,
        waiting: &[ProcessId],
    ) -> Recorded {
        // The journal has numbered it, unless there is none.
        if record.sequence == 0 {
            record.sequence = self.sequence + 1;
        }
        self.sequence = record.sequence;
        if let RunState::Finished(run) = &record.state {
            self.running.remove(&run.run);
        }
        let plugin = self.plugins.get_mut(&record.plugin);
        let previous = plugin.as_ref().and_then(|plugin| plugin.last_status);
        let counters = plugin.map(|plugin| {
            plugin.counters.count(record);
            plugin.note(record);
            plugin.counters
        });
        let is_shown = !matches!(&record.state, RunState::Finished(run) if run.is_interrupted);
        let exceeded = texts.and_then(|texts| self.store(&record.plugin, texts, is_shown, waiting));
        Recorded { counters, previous, exceeded }
    }

    /// Stores a result, in the plugin's history unless the daemon's end has ended the run, which says nothing of what it
    /// checks. Returns the memory limit the first time that it is exceeded.
    fn store(&mut self, name: &PluginName, texts: PackedTexts, is_shown: bool, waiting: &[ProcessId]) -> Option<isize> {
        self.revision += 1;
        let last = match self.plugins.get_mut(name) {
            Some(plugin) => {
                if is_shown {
                    self.memory.used += plugin.history.push(self.sequence, texts.listed);
                }
                plugin.history.newest().cloned()
            }
            // A plugin that was removed while it ran has no history, but its processes get their result.
            None => is_shown.then_some(texts.listed),
        };
        let outcome = ForcedOutcome { forced: texts.mapped, last };
        self.memory.used += self.processes.complete(waiting, name, &outcome, (self.sequence, Instant::now()));
        if self.memory.used <= self.memory.limit {
            return None;
        }
        while self.evict_results() {}
        let exceeded_before = std::mem::replace(&mut self.memory.exceeded_before, true);
        (!exceeded_before).then_some(self.memory.limit)
    }

    /// Evicts results, oldest first, until the rest fits the memory limit.
    /// Returns true when it stopped before, to release the lock: call it again.
    /// The newest result of each plugin stays: pages show it as `lastResult`.
    pub(super) fn evict_results(&mut self) -> bool {
        self.memory.used -= self.processes.release_unread(Instant::now());
        for _ in 0..EVICTED_AT_ONCE {
            if self.memory.used <= self.memory.limit {
                return false;
            }
            // Processes that no client has read are not among them.
            let process = self.processes.oldest_finished();
            self.memory.used -= match (self.plugins.oldest_evictable(), process) {
                (Some((when, plugin)), finished) if finished.is_none_or(|finished| when <= finished) => {
                    plugin.history.drop_oldest()
                }
                _ => match self.processes.drop_oldest_finished() {
                    Some(freed) => freed,
                    None => return false,
                },
            };
        }
        true
    }
}
