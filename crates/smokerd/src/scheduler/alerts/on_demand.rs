//! Plugins that run because calls wait for their results, each once for all that wait.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use smoker_model::plugin::{PluginName, PluginSpec};
use smoker_model::run_record::{RunRecord, RunState, SkipReason};

/// How long a run may wait for its slot, or for the run before it to end, beside its `Timeout`, before nobody waits for it.
const LONGEST_START: Duration = Duration::from_secs(60);

/// How much of a `Timeout` is waited for.
const LONGEST_RUN: Duration = Duration::from_secs(600);

/// Those that were asked to run and have no result yet.
#[derive(Debug, Default)]
pub(super) struct OnDemandRuns {
    asked: HashMap<PluginName, DateTime<Utc>>,
}

impl OnDemandRuns {
    /// Notes that a plugin is asked to run, unless it was. Returns whether it was not.
    pub(super) fn ask(&mut self, spec: &PluginSpec, now: DateTime<Utc>) -> bool {
        if self.asked.contains_key(&spec.name) {
            return false;
        }
        let wait = spec.invocation.timeout.duration.min(LONGEST_RUN) + LONGEST_START;
        let until = TimeDelta::from_std(wait).ok().and_then(|wait| now.checked_add_signed(wait));
        self.asked.insert(spec.name.clone(), until.unwrap_or(DateTime::<Utc>::MAX_UTC));
        true
    }

    /// Until when the first result of these is waited for.
    pub(super) fn first_end(&self, names: &[PluginName]) -> Option<DateTime<Utc>> {
        names.iter().filter_map(|name| self.asked.get(name)).min().copied()
    }

    /// Whether a plugin was asked and nobody waits for it any more.
    pub(super) fn is_given_up(&self, name: &PluginName, now: DateTime<Utc>) -> bool {
        self.asked.get(name).is_some_and(|until| *until <= now)
    }

    /// Takes what became of a run. One that says nothing of what it checks leaves everybody waiting.
    pub(super) fn note(&mut self, record: &RunRecord) {
        let is_answer = match &record.state {
            RunState::Finished(run) => !run.is_interrupted,
            RunState::Skipped { reason, .. } => *reason == SkipReason::Dependency,
        };
        if is_answer {
            self.asked.remove(&record.plugin);
        }
    }

    /// Forgets all of them, so that they are asked again.
    pub(super) fn clear(&mut self) {
        self.asked.clear();
    }
}
