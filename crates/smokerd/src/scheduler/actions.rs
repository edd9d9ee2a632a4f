//! Decides which actions follow a check.

use smoker_model::occasion::Occasion;
use smoker_model::plugin::{ActionSpec, PluginSpec};
use smoker_model::result::{ActionResult, PluginResult};
use smoker_runner::check::CheckOutcome;
use smoker_runner::runner::PluginRun;

/// Which actions follow a check as part of its run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Acting {
    /// Those that follow each result; the others have a queue of their own.
    OfRun,
    /// All of them, as in a test of the plugin.
    All,
    /// None: they are held, as under a silence.
    Held,
    /// None yet: the result may be the fault of another plugin. The queue has them when that is known.
    Postponed,
}

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Acted {
    pub(crate) result: PluginResult,
    /// Whether nothing was checked, because of maintenance.
    pub(crate) is_maintenance: bool,
    /// Whether actions that follow each result wait.
    pub(crate) has_postponed_actions: bool,
}

impl Acted {
    /// A result of a plugin that did not run.
    pub(crate) fn not_run(result: PluginResult) -> Self {
        Self { result, is_maintenance: false, has_postponed_actions: false }
    }
}

/// Runs the plugin, and then its actions that are due. The run is over when its result is returned. `acting` is asked when the
/// check has ended, and so is `occasion`, what actions are told beside the result.
pub(crate) async fn check_and_act(
    run: PluginRun<'_>,
    acting: impl Fn(&PluginResult) -> Acting,
    occasion: impl Fn(&PluginResult) -> Occasion,
) -> Acted {
    let check = run.check().await;
    let is_maintenance = matches!(&check, CheckOutcome::NotRun(result) if !result.is_fault);
    let (CheckOutcome::Ran(checked) | CheckOutcome::NotRun(checked)) = &check;
    let (spec, is_cancelled) = (run.plugin().spec(), run.is_cancelled());
    let acting = if spec.actions.is_empty() { Acting::Held } else { acting(checked) };
    let mut due = due(spec, &check, acting, is_cancelled);
    let has_postponed_actions = acting == Acting::Postponed && !due.is_empty();
    if has_postponed_actions {
        due.clear();
    }
    let (CheckOutcome::Ran(mut result) | CheckOutcome::NotRun(mut result)) = check;
    let mut ran = Vec::new();
    if !due.is_empty() {
        let occasion = occasion(&result);
        for action in due {
            if ran.is_empty() || !run.is_cancelled() {
                ran.push(run.act(action, &mut result, &occasion).await);
            }
        }
    }
    // As in the original, an ERROR in the place of a result that is not valid takes the place of its action, too.
    if !ran.is_empty() && !run.is_refused() {
        result.action = Some(ActionResult::Ran(ran));
    }
    Acted { result, is_maintenance, has_postponed_actions }
}

/// The actions that are due after a check. Those that follow each result follow every
/// check that ran, whatever its result, unless the run was cancelled meanwhile.
fn due<'a>(spec: &'a PluginSpec, check: &CheckOutcome, acting: Acting, is_cancelled: bool) -> Vec<&'a ActionSpec> {
    if matches!(check, CheckOutcome::NotRun(_)) || is_cancelled || acting == Acting::Held {
        return Vec::new();
    }
    spec.actions.iter().filter(|action| acting == Acting::All || !action.rules.is_deferred()).collect()
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
        let count = |spec: &PluginSpec, check: &CheckOutcome, acting, is_cancelled| {
            due(spec, check, acting, is_cancelled).len()
        };
        assert_eq!(due(&with, &ran, Acting::OfRun, false), [&with.actions[0]]);
        assert_eq!(count(&with, &ran, Acting::OfRun, true), 0, "the run was cancelled");
        assert_eq!(count(&with, &ran, Acting::Held, false), 0, "it is under a silence");
        assert_eq!(count(&with, &CheckOutcome::NotRun(result), Acting::OfRun, false), 0, "the plugin did not run");
        assert_eq!(count(&without, &ran, Acting::OfRun, false), 0, "no action is configured");
        let on_change = spec(", Action: x, ActionOn: change");
        assert_eq!(count(&on_change, &ran, Acting::OfRun, false), 0, "it has a queue of its own");
        assert_eq!(count(&on_change, &ran, Acting::All, false), 1, "a test runs it");
    }
}
