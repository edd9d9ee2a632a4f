//! Names of modules that are no names.

use smoker_model::plugin::Parameters;
use smoker_model::value::Value;

/// Why a configured module or parser, the value of `key`, cannot be looked up; none when it is a text.
pub(crate) fn mistake(key: &str, value: Option<&Value>) -> Option<String> {
    let value = value.filter(|value| value.is_truthy() && value.as_text().is_none())?;
    Some(format!("{key} has to be the dotted name of a Python module, not {}", value.python_type()))
}

/// The same of a plugin's parameter.
pub(crate) fn mistake_of_plugin(key: &str, parameters: &Parameters) -> Option<String> {
    mistake(key, parameters.get(key))
}

/// The same of an action's entry.
pub(crate) fn mistake_of_action(action: &Value) -> Option<String> {
    let Value::Map(entries) = action else { return None };
    let value = entries.iter().find(|(key, _)| key.as_text() == Some("Module")).map(|(_, value)| value);
    mistake("Module", value)
}
