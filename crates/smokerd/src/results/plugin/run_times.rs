//! When a plugin last ran and was well.

use std::time::Duration;

use chrono::{DateTime, Utc};
use smoker_model::run_record::{RunRecord, RunState, RunTrigger};
use smoker_model::status::Status;

use crate::results::kept::facts::RunFacts;

/// The moments of a plugin, each the start of a run. A run that the daemon's end has ended, or that had other values, says nothing of what the plugin checks, and has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RunTimes {
    /// The newest run.
    pub(crate) run: Option<DateTime<Utc>>,
    /// The newest run with the status OK.
    pub(crate) success: Option<DateTime<Utc>>,
    /// By how much the newest scheduled run started after it was planned; none before the first one of this daemon.
    pub(crate) lag: Option<Duration>,
}

impl RunTimes {
    /// Notes the newest record.
    pub(crate) fn note(&mut self, record: &RunRecord) {
        let RunState::Finished(run) = &record.state else { return };
        if record.trigger == RunTrigger::Schedule {
            self.lag = Some(run.started.since(record.planned.monotonic));
        }
        if !run.counts() {
            return;
        }
        self.run = Some(run.started.wall);
        if run.result.status == Status::Ok {
            self.success = self.run;
        }
    }

    /// Notes a run that took place before all runs that were noted.
    pub(crate) fn note_older(&mut self, facts: &RunFacts) {
        if !facts.counts() {
            return;
        }
        self.run = self.run.or(Some(facts.started));
        if facts.status == Status::Ok {
            self.success = self.success.or(Some(facts.started));
        }
    }
}
