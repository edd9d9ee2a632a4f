//! Decides whether an action follows a check.

use smoker_model::plugin::{ActionSpec, PluginSpec};
use smoker_model::result::PluginResult;
use smoker_runner::check::CheckOutcome;
use smoker_runner::runner::PluginRun;

/// Runs the plugin, and then its action if one is due. The run is over when its result is returned.
pub(crate) async fn check_and_act(run: PluginRun<'_>) -> PluginResult {
    let check = run.check().await;
    let action = due(run.plugin().spec(), &check, run.is_cancelled());
    let (CheckOutcome::Ran(result) | CheckOutcome::NotRun(result)) = check;
    match action {
        Some(action) => run.act(action, result).await,
        None => result,
    }
}

/// The action that is due after a check. The configured action follows every
/// check that ran, whatever its result, unless the run was cancelled meanwhile.
fn due<'a>(spec: &'a PluginSpec, check: &CheckOutcome, is_cancelled: bool) -> Option<&'a ActionSpec> {
    match check {
        CheckOutcome::Ran(_) if !is_cancelled => spec.action.as_ref(),
        CheckOutcome::Ran(_) | CheckOutcome::NotRun(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use smoker_model::result::Findings;
    use smoker_model::timestamp::Timestamp;

    use super::*;

    fn spec(action: &str) -> PluginSpec {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let text = format!(
            "actions: {{x: {{Command: y}}}}\ntemplates: {{BasePlugin: {{}}}}\nplugins: {{a: {{Command: x{action}}}}}\n"
        );
        std::fs::write(file.path(), text).expect("writable");
        smoker_config::config::load(file.path()).expect("it is valid").plugins.remove(0)
    }

    #[test]
    fn an_action_follows_a_check_that_ran_to_its_end() {
        let result = Findings::error("down").into_result(Timestamp::now(), false);
        let (with, without) = (spec(", Action: x"), spec(""));
        let ran = CheckOutcome::Ran(result.clone());
        assert_eq!(due(&with, &ran, false), with.action.as_ref());
        assert!(with.action.is_some());
        assert_eq!(due(&with, &ran, true), None, "the run was cancelled");
        assert_eq!(due(&with, &CheckOutcome::NotRun(result), false), None, "the plugin did not run");
        assert_eq!(due(&without, &ran, false), None, "no action is configured");
    }
}
