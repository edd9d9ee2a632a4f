//! Reads the journal at a start: the newest results of each plugin, the processes, and what ran when the daemon ended.
//!
//! # Layout
//!
//! - `restored`: what was read

pub(crate) mod restored;

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use smoker_journal::reader;
use smoker_journal::segments::content::Entry;
use smoker_model::plugin::{PluginName, PluginSpec};
use smoker_model::run_record::{RunTrigger, SkipReason};
use smoker_model::status::Status;

use crate::results::journal::records::entry::{
    JournalEntry, ResultEntry, SkippedEntry, StartedEntry, plugins_of_process,
};
use crate::results::journal::restore::restored::{
    InterruptedRun, Restored, RestoredOutcome, RestoredPlugin, RestoredProcess,
};
use crate::results::kept::history::Sequence;
use crate::results::kept::packed_text::PackedText;
use crate::results::plugin::freshness::PostponedActions;
use crate::results::plugin::held_back::HeldBackSearch;
use crate::results::plugin::standing::Attempt;
use crate::results::processes::limits::KEPT_PROCESSES;
use crate::results::processes::process::{ForcedOutcome, ProcessId};

/// Reads the journal, newest record first.
#[derive(Debug)]
pub(crate) struct Restoring {
    restored: Restored,
    /// Whether the records are of the daemon that ran last, and it was not stopped in order.
    is_of_crash: bool,
    /// Whether all records that were given to the journal before this one are in it.
    is_certain: bool,
    /// The newest time in the records of the daemon that ran last.
    last_time: Option<DateTime<Utc>>,
    is_first: bool,
    /// The runs of that daemon that have ended, and whose start was not read yet.
    ended: HashSet<u64>,
    /// The processes of which something was read; none: they are not read.
    processes: Option<HashSet<ProcessId>>,
}

/// Reads what there is of these plugins alone. Waits for the disk.
///
/// # Errors
///
/// When the folder cannot be listed. A segment that cannot be read is passed over, as at a start.
pub(crate) fn of_plugins(folder: &Path, plugins: &[PluginSpec]) -> io::Result<HashMap<PluginName, RestoredPlugin>> {
    let mut restoring = Restoring { processes: None, ..Restoring::new(plugins.iter()) };
    for entry in reader::newest_first(folder, Sequence::MAX)? {
        match entry {
            Ok(entry) => restoring.read(&entry),
            Err(error) => tracing::error!("journal: {error}; its results are missing"),
        }
    }
    Ok(restoring.restored.plugins)
}

impl Restoring {
    /// For these plugins.
    pub(crate) fn new<'a>(plugins: impl Iterator<Item = &'a PluginSpec>) -> Self {
        let plugin = |spec: &PluginSpec| {
            let (history, history_failures) = (spec.history, spec.history_failures);
            let (has_retries, flap_threshold) = (spec.rules.retries.is_some(), spec.rules.flap_threshold);
            let plugin =
                RestoredPlugin { flap_threshold, has_retries, history, history_failures, ..RestoredPlugin::default() };
            (spec.name.clone(), plugin)
        };
        let restored = Restored { plugins: plugins.map(plugin).collect(), ..Restored::default() };
        let (ended, processes) = (HashSet::new(), Some(HashSet::new()));
        Self { restored, is_of_crash: true, is_certain: true, last_time: None, is_first: true, ended, processes }
    }

    /// Reads the next older record.
    pub(crate) fn read(&mut self, entry: &Entry) {
        let is_first = std::mem::take(&mut self.is_first);
        match JournalEntry::of(entry.tag()) {
            Some(JournalEntry::Result(result)) => {
                if self.is_of_crash {
                    self.ended.insert(result.run);
                    self.last_time = self.last_time.max(Some(result.facts.ended()));
                }
                self.read_result(entry, &result);
            }
            Some(JournalEntry::Started(start)) if self.is_of_crash => self.read_start(start),
            Some(JournalEntry::Process(id, triggered_by)) => {
                self.restored.last_process = self.restored.last_process.max(id);
                if self.is_wanted(id) {
                    let (plugins, triggered_by) = (plugins_of_process(entry.payload()), triggered_by.map(Arc::from));
                    let is_certain = self.is_certain;
                    self.restored.processes.push(RestoredProcess { id, plugins, triggered_by, is_certain });
                }
            }
            Some(JournalEntry::Plan(plugin, from)) => {
                let from = DateTime::from_timestamp_micros(from);
                if let (Some(plugin), Some(from)) = (self.restored.plugins.get_mut(plugin), from) {
                    plugin.last_planned.note_older(from, from);
                }
            }
            Some(JournalEntry::Begin(last_process)) => {
                self.restored.last_process = self.restored.last_process.max(last_process);
                self.restored.begin = self.restored.begin.max(entry.sequence());
                self.is_of_crash = false;
            }
            Some(JournalEntry::Lost(last_process)) => {
                self.restored.last_process = self.restored.last_process.max(last_process);
                self.is_certain = false;
            }
            Some(JournalEntry::End) if is_first => self.is_of_crash = false,
            Some(JournalEntry::Skipped(skipped)) => self.read_skipped(entry.sequence(), skipped),
            Some(JournalEntry::Started(_) | JournalEntry::End) | None => {}
        }
    }

    /// What was read. `is_certain`: no records are missing that only the daemon before this one knew of.
    pub(crate) fn finish(mut self, is_certain: bool) -> Restored {
        let restored = &mut self.restored;
        if !is_certain {
            restored.interrupted.clear();
        }
        for run in &mut restored.interrupted {
            run.ended = self.last_time.map_or(run.started, |last| last.max(run.started));
        }
        // The newest one comes first. They are recorded later than plans are made.
        for run in restored.interrupted.iter().rev() {
            if let Some(plugin) = restored.plugins.get_mut(&run.plugin) {
                plugin.interrupted.note_newer(&run.trigger, run.planned, run.started);
                if !run.trigger.is_request() {
                    plugin.held_back = HeldBackSearch::default();
                }
                match run.trigger {
                    RunTrigger::Schedule => plugin.last_planned.note_newer(run.planned, run.ended),
                    // Its record comes later, and has a number above all others.
                    RunTrigger::After(_) => plugin.newest_after = Some(Sequence::MAX),
                    _ => {}
                }
            }
        }
        // A run of which nobody knows whether it has ended is none that failed: its process counts as one that is not kept any more.
        let mut finished = HashMap::<ProcessId, HashSet<&PluginName>>::new();
        for outcome in restored.outcomes.values() {
            for id in &outcome.processes {
                finished.entry(*id).or_default().insert(&outcome.plugin);
            }
        }
        restored.processes.retain(|process| {
            let has_result = |plugin| finished.get(&process.id).is_some_and(|plugins| plugins.contains(plugin));
            (is_certain && process.is_certain) || process.plugins.iter().all(has_result)
        });
        // The page of a run that does not count shows the result that its plugin had before.
        for (sequence, outcome) in restored.outcomes.iter_mut().filter(|(_, outcome)| !outcome.is_shown) {
            let results = restored.plugins.get(&outcome.plugin).map_or(&[][..], |plugin| &plugin.results);
            let before = results.iter().find(|(other, _)| other < sequence);
            outcome.outcome.last = before.map(|(_, text)| text.clone());
        }
        self.restored
    }

    /// Whether a process is one of the newest.
    fn is_wanted(&mut self, id: ProcessId) -> bool {
        let Some(processes) = &mut self.processes else { return false };
        processes.contains(&id) || (processes.len() < KEPT_PROCESSES && processes.insert(id))
    }

    fn read_skipped(&mut self, sequence: Sequence, skipped: SkippedEntry<'_>) {
        let SkippedEntry { plugin, planned, reason, cause } = skipped;
        let Some(planned) = DateTime::from_timestamp_micros(planned) else { return };
        if self.is_of_crash {
            self.last_time = self.last_time.max(Some(planned));
        }
        let Some(plugin) = self.restored.plugins.get_mut(plugin) else { return };
        let trigger = RunTrigger::from(cause);
        if trigger == RunTrigger::Schedule {
            plugin.last_planned.note_older(planned, planned);
        }
        if matches!(trigger, RunTrigger::After(_)) {
            plugin.newest_after = plugin.newest_after.or(Some(sequence));
        }
        match reason {
            Some(SkipReason::Dependency) => plugin.held_back.note_held_back(trigger, planned),
            Some(SkipReason::OutsideOfHours) => plugin.held_back.note_run(&trigger),
            Some(SkipReason::Overlap | SkipReason::Missed) | None => {}
        }
    }

    fn read_start(&mut self, start: StartedEntry<'_>) {
        let Some(started) = DateTime::from_timestamp_micros(start.started) else { return };
        self.last_time = self.last_time.max(Some(started));
        if self.ended.remove(&start.run) || !self.is_certain {
            return;
        }
        let StartedEntry { plugin, planned, cause, generation, run, .. } = start;
        let planned = DateTime::from_timestamp_micros(planned).unwrap_or(started);
        let (plugin, trigger) = (plugin.into(), cause.into());
        let run = InterruptedRun { plugin, started, ended: started, planned, trigger, generation, run };
        self.restored.interrupted.push(run);
    }

    fn read_result(&mut self, entry: &Entry, result: &ResultEntry<'_>) {
        let sequence = entry.sequence();
        let processes: Vec<_> = result.waiting.iter().copied().filter(|id| self.is_wanted(*id)).collect();
        let plugin = self.restored.plugins.get_mut(result.plugin);
        let has_history = plugin.as_ref().is_none_or(|plugin| plugin.history > 0);
        let mut is_shown = false;
        if let Some(plugin) = plugin {
            if result.facts.trigger == RunTrigger::Schedule {
                plugin.last_planned.note_older(result.facts.planned, result.facts.ended());
            }
            plugin.interrupted.note_older(&result.facts);
            plugin.held_back.note_run(&result.facts.trigger);
            if matches!(result.facts.trigger, RunTrigger::After(_)) {
                plugin.newest_after = plugin.newest_after.or(Some(sequence));
            }
            let is_bad = result.facts.status != Status::Ok && result.facts.counts();
            if is_bad && plugin.failures.len() < plugin.history_failures {
                plugin.failures.push(sequence);
            }
            if result.facts.counts() {
                if plugin.last_status.is_none() {
                    plugin.postponed = PostponedActions::restored(sequence, &result.facts);
                }
                plugin.freshness.note_older(sequence, &result.facts, plugin.last_status, plugin.has_other_status);
                if plugin.last_status.is_none_or(|status| status == result.facts.status && !plugin.has_other_status) {
                    plugin.status_since = Some(result.facts.started);
                } else {
                    plugin.has_other_status = true;
                }
                plugin.last_status = plugin.last_status.or(Some(result.facts.status));
                plugin.attempt = plugin.attempt.or_else(|| Attempt::of(&result.facts));
                plugin.times.note_older(&result.facts);
                plugin.changes.note_older(result.facts.status, result.facts.is_maintenance);
                let counts = !result.facts.trigger.is_request() || !plugin.has_retries;
                if counts && !result.facts.is_maintenance {
                    plugin.hard.note(sequence, &result.facts);
                }
            }
            is_shown = result.facts.counts() && plugin.results.len() < plugin.history;
        }
        if !is_shown && processes.is_empty() {
            return;
        }
        let Some((listed, mapped)) = result.texts(entry.payload()) else { return };
        let packed = PackedText::from(listed);
        if is_shown && let Some(plugin) = self.restored.plugins.get_mut(result.plugin) {
            plugin.results.push((sequence, packed.clone()));
        }
        if !processes.is_empty() {
            let forced = if mapped == listed { packed.clone() } else { PackedText::from(mapped) };
            let is_shown = result.facts.counts();
            let outcome = ForcedOutcome { forced, last: has_history.then_some(packed) };
            let outcome = RestoredOutcome { plugin: result.plugin.into(), processes, outcome, is_shown };
            self.restored.outcomes.insert(sequence, outcome);
        }
    }
}

#[cfg(test)]
mod tests;
