//! Decides when an action follows a check.

use smoker_model::result::PluginResult;
use smoker_runner::check::CheckOutcome;
use smoker_runner::runner::PluginRun;

/// Runs the plugin, and then its action, if it has one and nobody has cancelled
/// the run meanwhile. When the result is there the run is over.
pub(crate) async fn check_and_act(run: PluginRun<'_>) -> PluginResult {
    let mut result = match run.check().await {
        CheckOutcome::Ran(result) => result,
        CheckOutcome::NotRun(result) => return result,
    };
    if let Some(action) = &run.plugin().spec().action
        && !run.is_cancelled()
    {
        result.action = Some(run.act(action, &result).await);
    }
    result
}
