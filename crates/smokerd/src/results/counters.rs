//! What is counted of a plugin's runs.

use smoker_model::run_record::{RunRecord, RunState};
use smoker_model::status::Status;

/// The runs of a plugin since it was configured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RunCounters {
    /// Runs with a result, without those that the end of the daemon ended, too.
    pub(crate) finished: u64,
    /// Those of them with the status ERROR.
    pub(crate) failed: u64,
    /// Scheduled runs that were skipped.
    pub(crate) skipped: u64,
}

impl RunCounters {
    /// Counts one record.
    pub(crate) fn count(&mut self, record: &RunRecord) {
        match &record.state {
            RunState::Skipped { count, .. } => self.skipped = self.skipped.saturating_add(*count),
            RunState::Finished(run) if run.is_interrupted => {}
            RunState::Finished(run) => {
                self.finished += 1;
                self.failed += u64::from(run.result.status == Status::Error);
            }
        }
    }
}
