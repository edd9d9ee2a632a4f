//! All configured plugins in configuration order, each with its results and its next run.

use std::collections::HashMap;
use std::mem;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use indexmap::IndexMap;
use smoker_model::plugin::PluginName;
use smoker_model::run_record::{RunRecord, RunState, RunTrigger};
use smoker_model::status::Status;
use smoker_model::time::local_zone::LocalZone;
use smoker_model::wire::silences::PluginSilence;

use crate::results::journal::restore::RestoredPlugin;
use crate::results::json_text;
use crate::results::kept::failures::Failures;
use crate::results::kept::history::{History, Sequence};
use crate::results::plugin::config_fields::ConfigFields;
use crate::results::plugin::counters::RunCounters;
use crate::results::plugin::freshness::{Freshness, PostponedActions};
use crate::results::plugin::hard_state::HardStateTracker;
use crate::results::plugin::held_back::HeldBack;
use crate::results::plugin::interrupted_run::InterruptedRuns;
use crate::results::plugin::last_planned;
use crate::results::plugin::measures::PluginMeasures;
use crate::results::plugin::run_times::RunTimes;
use crate::results::plugin::snapshot::PluginSnapshot;
use crate::results::plugin::standing::{Attempt, Changes, SkippedSince, Standing, attempt_of, skipped};

/// The number of the reload that gave a plugin its configuration; 0 is the
/// start. A next run that a task reports for an earlier generation is ignored.
pub(crate) type ConfigGeneration = u64;

/// A plugin of a new configuration.
#[derive(Debug)]
pub(crate) struct NewPlugin {
    pub(crate) name: PluginName,
    pub(crate) config: Arc<ConfigFields>,
    /// How many results are kept.
    pub(crate) history: usize,
    /// How many numbers of bad results are kept.
    pub(crate) history_failures: usize,
    /// How often in a row a result has to be bad until it is hard.
    pub(crate) retries: Option<u32>,
    /// From how many changes of status on it is flapping, in percent.
    pub(crate) flap_threshold: Option<u8>,
    /// None: the plugin is unchanged, and its next run stays as it is.
    pub(crate) next_run: Option<NextRun>,
}

/// When a plugin runs next, for the pages.
#[derive(Clone, Debug)]
pub(crate) struct NextRun {
    pub(crate) generation: ConfigGeneration,
    /// The time as JSON, `null` without one.
    pub(crate) text: Arc<str>,
}

impl NextRun {
    /// The earlier of both, since the task keeps the plan that it had when that is earlier. Timestamps sort as texts.
    fn not_later_than(self, before: Self) -> Self {
        let have_plans = [&self, &before].iter().all(|it| *it.text != *"null");
        let text = if have_plans && *before.text < *self.text { before.text } else { self.text };
        Self { text, ..self }
    }
}

/// A plugin of the table.
#[derive(Debug)]
pub(crate) struct PluginEntry {
    pub(crate) config: Arc<ConfigFields>,
    pub(crate) history: History,
    pub(crate) counters: RunCounters,
    pub(crate) times: RunTimes,
    pub(crate) next_run: NextRun,
    /// The numbers of its newest bad results.
    pub(crate) failures: Failures,
    /// When its last scheduled run was to start, or from when on its first one was planned, by the wall clock.
    pub(crate) last_planned: Option<DateTime<Utc>>,
    /// The status of its newest result. The end of the daemon gives none.
    pub(crate) last_status: Option<Status>,
    /// When the first of the newest results with that status was made.
    pub(crate) status_since: Option<DateTime<Utc>>,
    /// The attempt of its newest result that no client requested.
    pub(crate) attempt: Option<Attempt>,
    /// Its newest status that counts.
    pub(crate) hard: HardStateTracker,
    /// What it has seen, for plugins that depend on it.
    pub(crate) freshness: Freshness,
    /// Its newest result, while actions that follow each result wait because of other plugins.
    pub(crate) postponed: Option<PostponedActions>,
    /// Whether its newest run that no client requested was interrupted.
    pub(crate) interrupted: InterruptedRuns,
    /// The run that it owes.
    pub(crate) held_back: Option<HeldBack>,
    /// The number of its newest run that followed one of another plugin.
    pub(crate) newest_after: Option<Sequence>,
    changes: Changes,
    pub(crate) is_flapping: bool,
    retries: Option<u32>,
    flap_threshold: Option<u8>,
    /// Why its scheduled runs are skipped.
    pub(crate) skipped: Option<SkippedSince>,
    /// The silence that it is under, as JSON.
    pub(crate) silence: Option<Arc<str>>,
}

/// What is known of a plugin at one moment, beside its results.
#[derive(Clone, Debug, Default)]
pub(crate) struct PluginNow {
    pub(crate) next_run: Option<DateTime<Utc>>,
    pub(crate) last_planned: Option<DateTime<Utc>>,
    /// Why its scheduled runs are skipped.
    pub(crate) skipped: Option<String>,
    pub(crate) attempt: Option<Attempt>,
    pub(crate) is_flapping: bool,
    /// The silence that it is under: until when, by whom and why.
    pub(crate) silence: Option<String>,
    /// How many scheduled runs were skipped.
    pub(crate) runs_skipped: u64,
}

/// All plugins by name.
#[derive(Debug, Default)]
pub(crate) struct PluginTable(IndexMap<PluginName, PluginEntry>);

impl PluginTable {
    pub(crate) fn get(&self, name: &PluginName) -> Option<&PluginEntry> {
        self.0.get(name)
    }

    pub(crate) fn get_mut(&mut self, name: &PluginName) -> Option<&mut PluginEntry> {
        self.0.get_mut(name)
    }

    /// Adds a plugin that has results before its configuration is known.
    pub(crate) fn insert(&mut self, name: PluginName, entry: PluginEntry) {
        self.0.insert(name, entry);
    }

    /// All plugins with their names.
    pub(crate) fn named(&self) -> impl Iterator<Item = (&PluginName, &PluginEntry)> {
        self.0.iter()
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = &PluginEntry> {
        self.0.values()
    }

    /// The plugin with the oldest result that may be evicted, and that result's number.
    pub(crate) fn oldest_evictable(&mut self) -> Option<(Sequence, &mut PluginEntry)> {
        let evictable =
            |(at, entry): (usize, &PluginEntry)| entry.history.oldest_evictable().map(|sequence| (sequence, at));
        let (sequence, at) = self.0.values().enumerate().filter_map(evictable).min()?;
        self.0.get_index_mut(at).map(|(_, entry)| (sequence, entry))
    }

    /// Replaces all plugins. A plugin that is still configured keeps its
    /// history and counters; a removed one is returned. Also returns by how many bytes the
    /// histories grew (negative: shrank). One that was not configured, or keeps more than before, may be `returning`.
    pub(crate) fn replace(
        &mut self,
        plugins: Vec<NewPlugin>,
        mut returning: HashMap<PluginName, PluginEntry>,
    ) -> (IndexMap<PluginName, PluginEntry>, isize) {
        let mut before = mem::take(&mut self.0);
        let mut growth = 0;
        for NewPlugin { name, config, history: limit, history_failures, retries, flap_threshold, next_run } in plugins {
            let returned = returning.remove(&name);
            let mut entry = match (before.swap_remove(&name), returned) {
                (Some(mut entry), Some(returned)) => {
                    growth += entry.add_older(returned);
                    entry
                }
                (Some(entry), None) => entry,
                (None, returned) => {
                    let entry = returned.unwrap_or_else(PluginEntry::new);
                    growth += entry.history.size();
                    entry
                }
            };
            growth += entry.history.set_limit(limit);
            entry.failures.set_limit(history_failures);
            if let Some(next_run) = next_run {
                entry.next_run = next_run.not_later_than(entry.next_run);
            }
            entry.config = config;
            (entry.retries, entry.flap_threshold) = (retries, flap_threshold);
            entry.is_flapping = entry.changes.is_flapping(flap_threshold, entry.is_flapping);
            self.0.insert(name, entry);
        }
        growth -= before.values().map(|entry| entry.history.size()).sum::<isize>();
        (before, growth)
    }
}

impl From<RestoredPlugin> for PluginEntry {
    fn from(plugin: RestoredPlugin) -> Self {
        let mut entry = Self::new();
        for (sequence, text) in plugin.results.into_iter().rev() {
            entry.history.push(sequence, text);
        }
        plugin.failures.into_iter().rev().for_each(|sequence| entry.failures.push(sequence));
        (entry.last_planned, entry.last_status, entry.times) =
            (plugin.last_planned.found(), plugin.last_status, plugin.times);
        (entry.status_since, entry.attempt, entry.newest_after) =
            (plugin.status_since, plugin.attempt, plugin.newest_after);
        entry.hard = plugin.hard.into_tracker();
        (entry.changes, entry.is_flapping) = plugin.changes.into_changes(plugin.flap_threshold);
        (entry.freshness, entry.postponed) = (plugin.freshness, plugin.postponed);
        entry.held_back = plugin.held_back.found().cloned();
        entry.interrupted = plugin.interrupted.into_runs();
        entry
    }
}

impl PluginEntry {
    /// A plugin without results that keeps any number of them.
    pub(crate) fn new() -> Self {
        Self {
            config: Arc::default(),
            history: History::new(usize::MAX),
            counters: RunCounters::default(),
            times: RunTimes::default(),
            next_run: NextRun { generation: 0, text: "null".into() },
            failures: Failures::new(usize::MAX),
            last_planned: None,
            last_status: None,
            status_since: None,
            attempt: None,
            hard: HardStateTracker::default(),
            freshness: Freshness::default(),
            postponed: None,
            interrupted: InterruptedRuns::default(),
            held_back: None,
            newest_after: None,
            changes: Changes::default(),
            is_flapping: false,
            retries: None,
            flap_threshold: None,
            skipped: None,
            silence: None,
        }
    }

    /// Whether it does not keep as many results, or numbers of bad ones, at present.
    pub(crate) fn keeps_more(&self, history: usize, history_failures: usize) -> bool {
        self.history.is_full_below(history) || self.failures.is_full_below(history_failures)
    }

    /// Adds what the journal has of older results. Returns by how many bytes the history grew.
    fn add_older(&mut self, older: Self) -> isize {
        self.failures.add_older(&older.failures);
        self.history.add_older(older.history)
    }

    /// Notes when a scheduled run was to start, its status, and the number of a bad result.
    pub(crate) fn note(&mut self, record: &RunRecord) {
        self.times.note(record);
        if record.trigger == RunTrigger::Schedule {
            self.last_planned = Some(last_planned::after(self.last_planned, record));
        }
        self.held_back = HeldBack::after(self.held_back.take(), record);
        if matches!(record.trigger, RunTrigger::After(_)) {
            self.newest_after = Some(record.sequence);
        }
        let RunState::Finished(run) = &record.state else { return };
        self.interrupted.note(&record.trigger, record.planned.wall, run);
        // The end of the daemon says nothing of what the run checked.
        if run.is_interrupted {
            return;
        }
        if run.result.status != Status::Ok {
            self.failures.push(record.sequence);
        }
        let (status, was_bad) = (run.result.status, self.is_bad());
        let before = (self.last_status, self.status_since);
        let is_change = self.last_status.is_some_and(|last| last != status);
        if is_change || self.last_status.is_none() {
            self.status_since = Some(run.started.wall);
        }
        self.last_status = Some(status);
        if !run.is_maintenance && !record.trigger.is_request() {
            self.skipped = None;
        }
        self.freshness.note(record.sequence, run, is_change, (was_bad, self.is_bad()));
        self.postponed = PostponedActions::of(record.sequence, run, self.freshness.first, self.status_since, before);
        if run.is_maintenance {
            return;
        }
        self.changes.push(is_change);
        self.is_flapping = self.changes.is_flapping(self.flap_threshold, self.is_flapping);
        if !record.trigger.is_request() {
            self.attempt = Some(attempt_of(run));
        }
        if !record.trigger.is_request() || self.retries.is_none() {
            self.hard.note(record.sequence, run);
        }
    }

    /// What metrics read of the plugin at this moment.
    pub(crate) fn measures(&self) -> PluginMeasures {
        PluginMeasures {
            config: Arc::clone(&self.config),
            last_result: self.history.newest().cloned(),
            status: self.last_status.filter(|_| self.skipped.is_none()).unwrap_or(Status::Unknown),
            counters: self.counters,
            times: self.times,
            changed: self.status_since,
            standing: self.standing(),
            next_run: Arc::clone(&self.next_run.text),
        }
    }

    /// What pages read of the plugin at this moment.
    pub(crate) fn snapshot(&self) -> PluginSnapshot {
        PluginSnapshot {
            config: Arc::clone(&self.config),
            last_result: self.history.newest().cloned(),
            next_run: Arc::clone(&self.next_run.text),
            standing: self.standing(),
        }
    }

    /// What else its page shows of it.
    pub(crate) fn standing(&self) -> Standing {
        let skipped_json = |skip: &SkippedSince| skipped(skip.since, skip.parent.as_str(), &skip.reason);
        Standing {
            attempt: self.attempt.filter(|_| self.retries.is_some()),
            is_flapping: self.is_flapping,
            skipped: self.skipped.as_ref().map(skipped_json),
            silence: self.silence.clone(),
        }
    }

    /// What is known of it now.
    pub(crate) fn now(&self) -> PluginNow {
        let silence = |silence: PluginSilence| format!("{} by {}: {}", silence.until, silence.by, silence.reason);
        PluginNow {
            next_run: json_text::local_time(&self.next_run.text),
            last_planned: self.last_planned,
            skipped: self.skipped.as_ref().map(|skipped| skipped.reason.clone()),
            attempt: self.attempt.filter(|_| self.retries.is_some()),
            is_flapping: self.is_flapping,
            silence: self.silence.as_ref().and_then(|text| serde_json::from_str(text).ok()).map(silence),
            runs_skipped: self.counters.skipped(),
        }
    }

    /// Whether plugins that depend on this one do not run because of it.
    fn is_bad(&self) -> bool {
        self.skipped.is_some() || self.last_status == Some(Status::Error)
    }

    /// Why plugins that depend on this one do not run; none when they do.
    pub(crate) fn bad_since(&self, name: &PluginName, now: DateTime<Utc>) -> Option<String> {
        if let Some(SkippedSince { since, .. }) = &self.skipped {
            return Some(format!("{name} is skipped since {}", time_of_day(*since, now)));
        }
        let since = self.status_since.filter(|_| self.last_status == Some(Status::Error))?;
        let is_soft = self.attempt.is_some_and(|attempt| attempt.is_soft);
        let retried = if is_soft { ", being retried" } else { "" };
        Some(format!("{name} is ERROR since {}{retried}", time_of_day(since, now)))
    }
}

/// A time as people say it: without the day when it is this one.
fn time_of_day(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let (at, now) = (at.with_timezone(&LocalZone), now.with_timezone(&LocalZone));
    let form = if at.date_naive() == now.date_naive() { "%H:%M" } else { "%Y-%m-%d %H:%M" };
    at.naive_local().format(form).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::kept::packed_text::PackedText;

    fn plugins(names: &[&str], next_run: Option<&NextRun>) -> Vec<NewPlugin> {
        let plugin = |name: &&str| NewPlugin {
            name: PluginName::from(*name),
            config: Arc::default(),
            history: 2,
            history_failures: 50,
            retries: None,
            flap_threshold: None,
            next_run: next_run.cloned(),
        };
        names.iter().map(plugin).collect()
    }

    #[test]
    fn an_unchanged_plugin_keeps_results_and_next_run_and_a_removed_one_is_returned() {
        let mut table = PluginTable::default();
        let soon = NextRun { generation: 1, text: "soon".into() };
        assert_eq!(table.replace(plugins(&["a", "b"], Some(&soon)), HashMap::new()).1, 0);
        let mut used = 0;
        for name in ["a", "b"] {
            used += table.get_mut(&name.into()).expect("known").history.push(1, name.into());
        }
        let (removed, growth) = table.replace(plugins(&["c", "b"], None), HashMap::new());
        assert_eq!(removed.keys().map(PluginName::as_str).collect::<Vec<_>>(), ["a"]);
        assert_eq!(used + growth, table.entries().map(|entry| entry.history.size()).sum::<isize>());
        let kept = table.get(&"b".into()).expect("known");
        assert_eq!(
            (kept.history.newest().map(PackedText::unpack).as_deref(), &*kept.next_run.text),
            (Some("b"), "soon")
        );
        assert!(table.get(&"c".into()).expect("known").history.newest().is_none());
        assert!(table.get(&"a".into()).is_none());
    }
}
