//! `ActionOn`, `Repeat` and `ActionGroup`: when an action is due. An action's own values take precedence over its plugin's.
//!
//! These names were parameters of the user's own before they meant something: a value that cannot be meant for the key leaves
//! the plugin as it is.

use std::time::Duration;

use smoker_model::plugin::{ActionOn, ActionRules};
use smoker_model::value::Value;

use crate::spec::values::quantity;
use crate::spec::values::shown::shown;

/// A key whose value is a plain parameter, and why.
pub(crate) type Warning = (&'static str, String);

/// The built-in that asks for calls while a plugin is bad, without any of the keys.
pub(crate) const ALERTMANAGER: &str = "smoker.actions.alertmanager";

/// Its `Repeat`: an Alertmanager takes an alert for resolved that is not sent again within five minutes.
const ALERTMANAGER_REPEAT: Duration = Duration::from_secs(60);

/// Its `ActionGroup`: one request has the alerts of all plugins.
const ALERTMANAGER_GROUP: Duration = Duration::from_secs(1);

/// What a plugin or an action says.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct WrittenRules {
    on: Option<ActionOn>,
    repeat: Option<Duration>,
    group: Option<Duration>,
}

/// Reads the keys of a plugin or an action.
pub(crate) fn read<'a>(get: impl Fn(&str) -> Option<&'a Value>) -> (WrittenRules, Vec<Warning>) {
    let mut warnings = Vec::new();
    let on = kept(&mut warnings, "ActionOn", get("ActionOn").map(on));
    let repeat = kept(&mut warnings, "Repeat", get("Repeat").map(quantity::time_above_zero));
    let group = kept(&mut warnings, "ActionGroup", get("ActionGroup").map(quantity::time_above_zero));
    (WrittenRules { on, repeat, group }, warnings)
}

impl WrittenRules {
    /// The rules of an action of a plugin with these.
    pub(crate) fn of_action(
        self,
        action: Self,
        module: Option<&str>,
        escalates_after: Option<Duration>,
    ) -> ActionRules {
        let is_alertmanager = module == Some(ALERTMANAGER);
        let by_default = |value| if is_alertmanager { Some(value) } else { None };
        // An escalation is told that the problem is over, too.
        let on = escalates_after.map(|_| ActionOn::Change).or(action.on).or(self.on);
        ActionRules {
            on: on.unwrap_or(if is_alertmanager { ActionOn::Change } else { ActionOn::Always }),
            repeat: action.repeat.or(self.repeat).or_else(|| by_default(ALERTMANAGER_REPEAT)),
            escalates_after,
            group: action.group.or(self.group).or_else(|| by_default(ALERTMANAGER_GROUP)),
        }
    }
}

fn kept<T>(warnings: &mut Vec<Warning>, key: &'static str, read: Option<Result<T, String>>) -> Option<T> {
    match read? {
        Ok(value) => Some(value),
        Err(reason) => {
            warnings.push((key, format!("{key} {reason}; it is a plain parameter and sets nothing")));
            None
        }
    }
}

fn on(value: &Value) -> Result<ActionOn, String> {
    let named = |text: &str| ActionOn::ALL.into_iter().find(|(_, name)| text.eq_ignore_ascii_case(name));
    let found = value.as_text().and_then(named).map(|(on, _)| on);
    found.ok_or_else(|| {
        let names: Vec<_> = ActionOn::ALL.iter().map(|(_, name)| *name).collect();
        format!("has to be one of {}, not {}", names.join(", "), shown(value))
    })
}
