//! `ActionOn`, `Actions`, `Repeat`, `Escalate` and `ActionGroup`.

use std::time::Duration;

use smoker_model::plugin::{ActionOn, ActionRules};

use crate::support::{Folder, names, plugin};

const ACTIONS: &str = "actions:\n  Tell: {Command: tell}\n  Page: {Command: page, ActionOn: problem, Repeat: 5m}\n  \
                       Alert: {Module: smoker.actions.alertmanager}\n  Own: {Command: 'x %(Repeat)s', Repeat: often}\n";

fn of(parameters: &str) -> Folder {
    let plugins = format!("plugins:\n  p: {{Command: x, {parameters}}}\n  other: {{Command: x}}\n");
    Folder::with(&format!("{ACTIONS}templates: {{BasePlugin: {{}}}}\n{plugins}"))
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn an_actions_own_keys_take_precedence_over_those_of_its_plugin() {
    let folder = of("Action: Tell, Actions: [Page, Tell], ActionOn: Change, Repeat: 1h, ActionGroup: 30s, \
                     Escalate: {After: 30m, Action: Page}");
    let config = folder.config();
    let actions: Vec<_> = plugin(&config, "p").actions.iter().map(|it| (it.name.as_deref(), it.rules)).collect();
    let on_change = ActionRules {
        on: ActionOn::Change,
        repeat: Some(3600 * SECOND),
        group: Some(30 * SECOND),
        ..ActionRules::default()
    };
    let paged = ActionRules { repeat: Some(300 * SECOND), ..on_change };
    assert_eq!(
        actions,
        [
            (Some("Tell"), on_change),
            (Some("Page"), ActionRules { on: ActionOn::Problem, ..paged }),
            (Some("Page"), ActionRules { escalates_after: Some(1800 * SECOND), ..paged }),
        ]
    );
    let without = of("Action: [Tell, Alert]").config();
    let rules: Vec<_> = plugin(&without, "p").actions.iter().map(|action| action.rules).collect();
    assert_eq!(rules[0], ActionRules::default());
    assert_eq!((rules[1].on, rules[1].repeat, rules[1].group), (ActionOn::Change, Some(60 * SECOND), Some(SECOND)));
    assert!(of("").problems().is_empty() && !plugin(&of("").config(), "p").parameters.contains_key("ActionOn"));
}

#[test]
fn what_cannot_be_meant_stays_a_parameter_of_the_users_own() {
    for (parameters, reason) in [
        ("ActionOn: 5", "ActionOn has to be one of always, change, bad, problem, recovery, not 5"),
        ("Repeat: often", "Repeat has to be a number of seconds"),
        ("ActionGroup: 0", "ActionGroup has to be a time above 0, not 0"),
        ("Actions: [start, stop]", "Actions has to be a list of entries of actions, not start, stop"),
        ("Actions: 7", "Actions has to be a list of entries of actions, not 7"),
        ("Escalate: true", "Escalate has to be such as {After: 30m, Action: Page}, not True"),
    ] {
        let folder = of(parameters);
        let problems = folder.problems();
        let [told] = problems.as_slice() else { panic!("{parameters}: {problems:?}") };
        assert!(told.starts_with("Warning") && told.contains(reason), "{told}");
        assert!(told.ends_with("it is a plain parameter and sets nothing"), "{told}");
        assert!(plugin(&folder.config(), "p").parameters.contains_key(parameters.split(':').next().expect("a key")));
    }
    let own = of("Action: Own");
    assert!(own.problems()[0].contains("its action's Repeat has to be"), "{:?}", own.problems());
    assert!(plugin(&own.config(), "p").actions[0].own_parameters.contains_key("Repeat"));
}

#[test]
fn what_is_meant_and_wrong_is_an_error() {
    for (parameters, reason) in [
        ("Actions: Pge", "Actions: action Pge is not configured under actions; did you mean Page?"),
        ("Actions: [Tell, Pge]", "Actions: action Pge is not configured under actions; did you mean Page?"),
        (
            "Escalate: {After: 30m, Action: Pag}",
            "Escalate: action Pag is not configured under actions; did you mean Page?",
        ),
        ("Escalate: {After: 30m}", "Escalate has no Action; write such as {After: 30m, Action: Page}"),
        ("Escalate: {Action: Page, After: later}", "Escalate: After has to be a number of seconds"),
        ("Escalate: {Action: Page, After: 1m, To: ops}", "Escalate has To, which is none of After and Action"),
    ] {
        let folder = of(parameters);
        let problems = folder.problems();
        assert!(problems.iter().any(|it| it.starts_with("Error") && it.contains(reason)), "{parameters}: {problems:?}");
        assert_eq!(names(&folder.config()), ["other"]);
    }
}
