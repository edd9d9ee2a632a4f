//! Decides which actions follow a check.

use smoker_model::plugin::{ActionSpec, PluginSpec};
use smoker_model::result::{ActionResult, PluginResult};
use smoker_runner::check::CheckOutcome;
use smoker_runner::runner::PluginRun;

/// Runs the plugin, and then its actions that are due. The run is over when its result is returned. `is_held` says whether
/// actions are held when the check has ended, as they are under a silence.
pub(crate) async fn check_and_act(run: PluginRun<'_>, is_held: impl Fn() -> bool) -> PluginResult {
    let check = run.check().await;
    let due = if is_held() { &[] } else { due(run.plugin().spec(), &check, run.is_cancelled()) };
    let (CheckOutcome::Ran(mut result) | CheckOutcome::NotRun(mut result)) = check;
    let mut ran = Vec::new();
    for action in due {
        if ran.is_empty() || !run.is_cancelled() {
            ran.push(run.act(action, &mut result).await);
        }
    }
    if !ran.is_empty() {
        result.action = Some(ActionResult::Ran(ran));
    }
    result
}

/// The actions that are due after a check. The configured ones follow every
/// check that ran, whatever its result, unless the run was cancelled meanwhile.
fn due<'a>(spec: &'a PluginSpec, check: &CheckOutcome, is_cancelled: bool) -> &'a [ActionSpec] {
    match check {
        CheckOutcome::Ran(_) if !is_cancelled => &spec.actions,
        CheckOutcome::Ran(_) | CheckOutcome::NotRun(_) => &[],
    }
}

#[cfg(test)]
mod tests {
    use smoker_model::result::Findings;
    use smoker_model::time::moment::Moment;

    use super::*;

    fn spec(action: &str) -> PluginSpec {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let text = format!(
            "actions: {{x: {{Command: y}}}}\ntemplates: {{BasePlugin: {{}}}}\nplugins: {{a: {{Command: x{action}}}}}\n"
        );
        std::fs::write(file.path(), text).expect("writable");
        smoker_config::config::load(file.path(), |_| None).expect("it is valid").plugins.remove(0)
    }

    #[test]
    fn an_action_follows_a_check_that_ran_to_its_end() {
        let result = Findings::error("down").into_result(Moment::now(), false);
        let (with, without) = (spec(", Action: x"), spec(""));
        let ran = CheckOutcome::Ran(result.clone());
        assert_eq!(due(&with, &ran, false), with.actions);
        assert_eq!(with.actions.len(), 1);
        assert_eq!(due(&with, &ran, true), [], "the run was cancelled");
        assert_eq!(due(&with, &CheckOutcome::NotRun(result), false), [], "the plugin did not run");
        assert_eq!(due(&without, &ran, false), [], "no action is configured");
    }
}
