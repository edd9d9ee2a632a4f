//! What is counted of a plugin's runs.

use smoker_model::result::{ActionResult, PluginResult};
use smoker_model::run_record::{RunRecord, RunState, SkipReason};
use smoker_model::status::Status;

/// The runs of a plugin since it was configured, or since the daemon's start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RunCounters {
    /// Runs with the status OK.
    pub(crate) ok: u64,
    /// Runs with the status WARN.
    pub(crate) warned: u64,
    /// Runs with the status ERROR.
    pub(crate) failed: u64,
    /// Runs that the daemon's end has ended, or that ended with one before it. They have no other outcome.
    pub(crate) interrupted: u64,
    /// Scheduled runs that were skipped because the run before had not ended.
    pub(crate) overlapped: u64,
    /// Scheduled runs that were skipped because their time went by.
    pub(crate) missed: u64,
    /// Scheduled runs that were skipped because a plugin that it depends on was bad.
    pub(crate) held_back: u64,
    /// Actions with the status ERROR.
    pub(crate) action_failures: u64,
}

impl RunCounters {
    /// Scheduled runs that were skipped.
    pub(crate) fn skipped(&self) -> u64 {
        self.overlapped.saturating_add(self.missed).saturating_add(self.held_back)
    }

    /// Counts one record.
    pub(crate) fn count(&mut self, record: &RunRecord) {
        match &record.state {
            RunState::Skipped { reason, count } => {
                let counter = match reason {
                    SkipReason::Overlap => &mut self.overlapped,
                    SkipReason::Missed => &mut self.missed,
                    SkipReason::Dependency => &mut self.held_back,
                    // Nobody wants these runs.
                    SkipReason::OutsideOfHours => return,
                };
                *counter = counter.saturating_add(*count);
            }
            RunState::Finished(run) => {
                let counter = match run.result.status {
                    _ if run.is_interrupted => &mut self.interrupted,
                    Status::Ok => &mut self.ok,
                    Status::Warn => &mut self.warned,
                    Status::Error | Status::Unknown => &mut self.failed,
                };
                *counter += 1;
                self.action_failures += failed_actions(&run.result);
            }
        }
    }
}

fn failed_actions(result: &PluginResult) -> u64 {
    match &result.action {
        Some(ActionResult::Ran(runs)) => runs.iter().filter(|run| run.result.status == Status::Error).count() as u64,
        Some(ActionResult::Reported(action)) => {
            u64::from(action.get("status").is_some_and(|status| status == Status::Error.as_str()))
        }
        None => 0,
    }
}
