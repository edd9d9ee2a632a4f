//! The plugins' results and the processes, with the memory that they take; `store` has the lock over them.

use std::sync::Arc;
use std::time::Instant;

use indexmap::IndexMap;
use smoker_model::plugin::PluginName;
use smoker_model::run_record::RunRecord;

use crate::results::counters::RunCounters;
use crate::results::history::Sequence;
use crate::results::packed_text::PackedTexts;
use crate::results::processes::process::{ForcedOutcome, ProcessId};
use crate::results::processes::table::ProcessTable;
use crate::results::table::{NewPlugin, PluginEntry, PluginTable};

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
        }
    }

    /// Returns the plugins that are no longer configured.
    pub(super) fn replace_plugins(
        &mut self,
        plugins: Vec<NewPlugin>,
        limit: isize,
    ) -> IndexMap<PluginName, PluginEntry> {
        self.revision += 1;
        let (removed, growth) = self.plugins.replace(plugins);
        self.memory.used += growth;
        if !removed.is_empty() {
            let configs = removed.iter().map(|(name, entry)| (name.clone(), Arc::clone(&entry.config))).collect();
            self.memory.used += self.processes.keep_removed(&configs);
        }
        if self.memory.limit != limit {
            self.memory = Memory { limit, exceeded_before: false, ..self.memory };
        }
        removed
    }

    /// Numbers and counts a record, and stores its result. Returns the plugin's
    /// counters, and the memory limit the first time that it is exceeded.
    pub(super) fn record(
        &mut self,
        record: &mut RunRecord,
        texts: Option<PackedTexts>,
        waiting: &[ProcessId],
    ) -> (Option<RunCounters>, Option<isize>) {
        self.sequence += 1;
        record.sequence = self.sequence;
        let counters = self.plugins.get_mut(&record.plugin).map(|plugin| {
            plugin.counters.count(record);
            plugin.counters
        });
        let exceeded = texts.and_then(|texts| self.store(&record.plugin, texts, waiting));
        (counters, exceeded)
    }

    /// Returns the memory limit the first time that it is exceeded.
    fn store(&mut self, name: &PluginName, texts: PackedTexts, waiting: &[ProcessId]) -> Option<isize> {
        self.revision += 1;
        let mut keeps_history = true;
        // A plugin that was removed while it ran has no history, but its processes get their result.
        if let Some(plugin) = self.plugins.get_mut(name) {
            self.memory.used += plugin.history.push(self.sequence, texts.listed.clone());
            keeps_history = plugin.history.newest().is_some();
        }
        let last = keeps_history.then_some(texts.listed);
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
