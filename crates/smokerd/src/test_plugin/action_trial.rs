//! One call of an action and its outcome.

use std::sync::Arc;

use smoker_model::plugin::PluginSpec;
use smoker_model::result::ActionRun;
use smoker_model::status::Status;
use smoker_runner::trace::run_trace::RunTrace;

/// An action that was tried.
#[derive(Debug)]
pub(super) struct ActionTrial {
    /// The plugin whose account and parameters it had.
    pub(super) spec: Arc<PluginSpec>,
    /// The status that it was told.
    pub(super) told: Status,
    pub(super) trace: RunTrace,
    pub(super) ran: ActionRun,
}
