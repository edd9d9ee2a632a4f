//! One configured plugin with its results, its next run, and what follows from both.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use smoker_model::plugin::PluginName;
use smoker_model::run_record::{RunRecord, RunState, RunTrigger};
use smoker_model::status::Status;
use smoker_model::wire::silences::PluginSilence;

use crate::results::journal::restore::restored::RestoredPlugin;
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
use crate::results::plugin::next_run::NextRun;
use crate::results::plugin::run_times::RunTimes;
use crate::results::plugin::snapshot::PluginSnapshot;
use crate::results::plugin::standing::{Attempt, BadParent, Changes, SkippedSince, Standing, attempt_of, skipped};
use crate::results::recent_skips::{RecentSkip, RecentSkips};

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
    pub(super) changes: Changes,
    pub(crate) is_flapping: bool,
    pub(super) retries: Option<u32>,
    pub(super) flap_threshold: Option<u8>,
    /// Why its scheduled runs are skipped.
    pub(crate) skipped: Option<SkippedSince>,
    /// Its newest runs that did not take place.
    recent_skips: RecentSkips,
    /// The silence that it is under, as JSON.
    pub(crate) silence: Option<Arc<str>>,
}

/// What is known of a plugin at one moment, beside its results.
#[derive(Clone, Debug, Default)]
pub(crate) struct PluginNow {
    pub(crate) next_run: Option<DateTime<Utc>>,
    pub(crate) last_planned: Option<DateTime<Utc>>,
    /// Why its scheduled runs are skipped.
    pub(crate) skipped: Option<BadParent>,
    pub(crate) attempt: Option<Attempt>,
    pub(crate) is_flapping: bool,
    /// The silence that it is under.
    pub(crate) silence: Option<PluginSilence>,
    /// What was counted of its runs.
    pub(crate) counters: RunCounters,
    /// Its newest runs that did not take place, newest first.
    pub(crate) recent_skips: Vec<RecentSkip>,
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
            recent_skips: RecentSkips::default(),
            silence: None,
        }
    }

    /// Whether it does not keep as many results, or numbers of bad ones, at present.
    pub(crate) fn keeps_more(&self, history: usize, history_failures: usize) -> bool {
        self.history.is_full_below(history) || self.failures.is_full_below(history_failures)
    }

    /// Adds what the journal has of older results. Returns by how many bytes the history grew.
    pub(super) fn add_older(&mut self, older: Self) -> isize {
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
        self.recent_skips.note(record, self.skipped.as_ref().map(|skipped| &skipped.parent));
        let RunState::Finished(run) = &record.state else { return };
        self.interrupted.note(&record.trigger, record.planned.wall, run);
        // Neither the end of the daemon nor a run with other values says anything of what the plugin checks.
        if !run.counts() {
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
        let skipped_json = |skip: &SkippedSince| skipped(skip.since, skip.parent.name.as_str(), &skip.reason);
        Standing {
            attempt: self.attempt.filter(|_| self.retries.is_some()),
            is_flapping: self.is_flapping,
            skipped: self.skipped.as_ref().map(skipped_json),
            silence: self.silence.clone(),
        }
    }

    /// What is known of it now.
    pub(crate) fn now(&self) -> PluginNow {
        PluginNow {
            next_run: json_text::local_time(&self.next_run.text),
            last_planned: self.last_planned,
            skipped: self.skipped.as_ref().map(|skipped| skipped.parent.clone()),
            attempt: self.attempt.filter(|_| self.retries.is_some()),
            is_flapping: self.is_flapping,
            silence: self.silence.as_ref().and_then(|text| serde_json::from_str(text).ok()),
            counters: self.counters,
            recent_skips: self.recent_skips.newest_first(),
        }
    }

    /// Whether plugins that depend on this one do not run because of it.
    fn is_bad(&self) -> bool {
        self.skipped.is_some() || self.last_status == Some(Status::Error)
    }

    /// Why plugins that depend on this one do not run; none when they do.
    pub(crate) fn as_bad_parent(&self, name: &PluginName) -> Option<BadParent> {
        let name = name.clone();
        if let Some(SkippedSince { since, .. }) = self.skipped {
            return Some(BadParent { name, since, is_skipped: true, is_retried: false });
        }
        let since = self.status_since.filter(|_| self.last_status == Some(Status::Error))?;
        let is_retried = self.attempt.is_some_and(|attempt| attempt.is_soft);
        Some(BadParent { name, since, is_skipped: false, is_retried })
    }
}
