//! What comes back at the start: the newest results of each plugin, the processes, and what ran when the daemon ended.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use smoker_journal::content::Entry;
use smoker_model::plugin::{PluginName, PluginSpec};
use smoker_model::run_record::RunTrigger;
use smoker_model::status::Status;

use crate::results::journal::entry::{JournalEntry, ResultEntry, StartedEntry, plugins_of_process};
use crate::results::journal::keep::{KeptRecords, KeptResults};
use crate::results::kept::history::Sequence;
use crate::results::kept::packed_text::PackedText;
use crate::results::processes::limits::KEPT_PROCESSES;
use crate::results::processes::process::{ForcedOutcome, ProcessId};

/// What was read from the journal.
#[derive(Debug, Default)]
pub(crate) struct Restored {
    /// The configured plugins that have something, by name.
    pub(crate) plugins: HashMap<PluginName, RestoredPlugin>,
    /// Processes, newest first.
    pub(crate) processes: Vec<RestoredProcess>,
    /// Results of runs that processes got, by number.
    pub(crate) outcomes: BTreeMap<Sequence, RestoredOutcome>,
    /// The newest process that there was.
    pub(crate) last_process: ProcessId,
    /// The newest record that says that the daemon has started.
    pub(crate) begin: Sequence,
    /// Runs that had not ended when the daemon did.
    pub(crate) interrupted: Vec<InterruptedRun>,
}

/// What was read of a plugin.
#[derive(Debug, Default)]
pub(crate) struct RestoredPlugin {
    /// Its newest results, newest first, as many as its history keeps.
    pub(crate) results: Vec<(Sequence, PackedText)>,
    /// The numbers of its newest bad results, newest first.
    pub(crate) failures: Vec<Sequence>,
    /// When its last scheduled run was to start, or from when on its first one was planned.
    pub(crate) last_planned: Option<DateTime<Utc>>,
    /// The status of its newest result that was not interrupted.
    pub(crate) last_status: Option<Status>,
    history: usize,
    history_failures: usize,
}

/// A request to run plugins.
#[derive(Debug)]
pub(crate) struct RestoredProcess {
    pub(crate) id: ProcessId,
    pub(crate) plugins: Vec<PluginName>,
    /// Who the client had proved to be.
    pub(crate) triggered_by: Option<Arc<str>>,
}

/// The result of a run that processes got.
#[derive(Debug)]
pub(crate) struct RestoredOutcome {
    pub(crate) plugin: PluginName,
    pub(crate) processes: Vec<ProcessId>,
    pub(crate) outcome: ForcedOutcome,
}

/// A run that had not ended when the daemon did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InterruptedRun {
    pub(crate) plugin: PluginName,
    pub(crate) started: DateTime<Utc>,
    pub(crate) is_forced: bool,
}

impl Restored {
    /// The records that all this comes from.
    pub(crate) fn kept_records(&self) -> KeptRecords {
        let kept = |plugin: &RestoredPlugin| KeptResults {
            oldest: plugin.results.last().map(|(sequence, _)| *sequence),
            failures: plugin.failures.iter().rev().copied().collect(),
            last_planned: plugin.last_planned,
        };
        KeptRecords {
            plugins: self.plugins.iter().map(|(name, plugin)| (name.to_string(), kept(plugin))).collect(),
            processes: self.processes.iter().map(|process| process.id).chain([self.last_process]).collect(),
            begin: self.begin,
        }
    }
}

/// Reads the journal, newest record first.
#[derive(Debug)]
pub(crate) struct Restoring {
    restored: Restored,
    /// Whether the records are of the daemon that ran last, and it was not stopped in order.
    is_of_crash: bool,
    is_first: bool,
    /// The runs of that daemon that have ended, and whose start was not read yet.
    ended: HashSet<u64>,
    /// The processes of which something was read.
    processes: HashSet<ProcessId>,
}

impl Restoring {
    /// For these plugins.
    pub(crate) fn new<'a>(plugins: impl Iterator<Item = &'a PluginSpec>) -> Self {
        let plugin = |spec: &PluginSpec| {
            let (history, history_failures) = (spec.history, spec.history_failures);
            (spec.name.clone(), RestoredPlugin { history, history_failures, ..RestoredPlugin::default() })
        };
        let restored = Restored { plugins: plugins.map(plugin).collect(), ..Restored::default() };
        let (ended, processes) = (HashSet::new(), HashSet::new());
        Self { restored, is_of_crash: true, is_first: true, ended, processes }
    }

    /// Reads the next older record.
    pub(crate) fn read(&mut self, entry: &Entry) {
        let is_first = std::mem::take(&mut self.is_first);
        match JournalEntry::of(entry.tag()) {
            Some(JournalEntry::Result(result)) => {
                if self.is_of_crash {
                    self.ended.insert(result.run);
                }
                self.read_result(entry, &result);
            }
            Some(JournalEntry::Started(start)) if self.is_of_crash => self.read_start(start),
            Some(JournalEntry::Process(id, triggered_by)) => {
                self.restored.last_process = self.restored.last_process.max(id);
                if self.is_wanted(id) {
                    let (plugins, triggered_by) = (plugins_of_process(entry.payload()), triggered_by.map(Arc::from));
                    self.restored.processes.push(RestoredProcess { id, plugins, triggered_by });
                }
            }
            Some(JournalEntry::Plan(plugin, from)) => {
                if let Some(plugin) = self.restored.plugins.get_mut(&PluginName::from(plugin)) {
                    plugin.last_planned = plugin.last_planned.or(DateTime::from_timestamp_micros(from));
                }
            }
            Some(JournalEntry::Begin(last_process)) => {
                self.restored.last_process = self.restored.last_process.max(last_process);
                self.restored.begin = self.restored.begin.max(entry.sequence());
                self.is_of_crash = false;
            }
            Some(JournalEntry::End) if is_first => self.is_of_crash = false,
            Some(JournalEntry::Started(_) | JournalEntry::Skipped | JournalEntry::End) | None => {}
        }
    }

    /// What was read.
    pub(crate) fn finish(self) -> Restored {
        self.restored
    }

    /// Whether a process is one of the newest.
    fn is_wanted(&mut self, id: ProcessId) -> bool {
        self.processes.contains(&id) || (self.processes.len() < KEPT_PROCESSES && self.processes.insert(id))
    }

    fn read_start(&mut self, start: StartedEntry<'_>) {
        if self.ended.remove(&start.run) {
            return;
        }
        if let Some(started) = DateTime::from_timestamp_micros(start.started) {
            let run = InterruptedRun { plugin: start.plugin.into(), started, is_forced: start.is_forced };
            self.restored.interrupted.push(run);
        }
    }

    fn read_result(&mut self, entry: &Entry, result: &ResultEntry<'_>) {
        let sequence = entry.sequence();
        let processes: Vec<_> = result.waiting.iter().copied().filter(|id| self.is_wanted(*id)).collect();
        let name = PluginName::from(result.plugin);
        let plugin = self.restored.plugins.get_mut(&name);
        let has_history = plugin.as_ref().is_none_or(|plugin| plugin.history > 0);
        let mut is_shown = false;
        if let Some(plugin) = plugin {
            if result.facts.trigger == RunTrigger::Schedule {
                plugin.last_planned = plugin.last_planned.or(Some(result.facts.planned));
            }
            if result.facts.status != Status::Ok && plugin.failures.len() < plugin.history_failures {
                plugin.failures.push(sequence);
            }
            if !result.facts.is_interrupted {
                plugin.last_status = plugin.last_status.or(Some(result.facts.status));
            }
            is_shown = !result.facts.is_interrupted && plugin.results.len() < plugin.history;
        }
        if !is_shown && processes.is_empty() {
            return;
        }
        let Some((listed, mapped)) = result.texts(entry.payload()) else { return };
        let packed = PackedText::from(listed);
        if is_shown && let Some(plugin) = self.restored.plugins.get_mut(&name) {
            plugin.results.push((sequence, packed.clone()));
        }
        if !processes.is_empty() {
            let forced = if mapped == listed { packed.clone() } else { PackedText::from(mapped) };
            let outcome = ForcedOutcome { forced, last: has_history.then_some(packed) };
            self.restored.outcomes.insert(sequence, RestoredOutcome { plugin: name, processes, outcome });
        }
    }
}
