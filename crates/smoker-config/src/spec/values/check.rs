//! The built-in check that a plugin names.

use smoker_model::notation::python_text;
use smoker_model::suggest;
use smoker_model::value::Value;

use crate::keys::CHECKS;

/// The check that the value of `Check` names; none for a value that cannot be meant for it.
pub(crate) fn name(value: &Value) -> Option<&str> {
    value.as_text().filter(|name| CHECKS.contains(name))
}

/// Why a value names no check, and what to write.
pub(crate) fn unknown(value: &Value) -> String {
    let shown = python_text::str(&value.hidden());
    let near = suggest::near(&shown, CHECKS).map(|near| format!("did you mean {near}?"));
    let hint = near.unwrap_or_else(|| format!("these are {}", CHECKS.join(", ")));
    format!("Check {shown} is none of the built-in checks; {hint}")
}

/// What to say of a `Check` beside a command, where it is a parameter like others: one that the command does not read was
/// meant otherwise.
pub(crate) fn beside_command(value: &Value, command: &Value) -> Option<String> {
    let reads = |text: &str| text.contains("%(Check)") || text.contains("SMOKER_PARAM_CHECK");
    if command.exposed_text().is_some_and(reads) {
        return None;
    }
    Some(match name(value) {
        Some(name) => format!("the built-in check {name} is not run, because it has a Command; remove one of both"),
        None => format!("{}; it has a Command, so Check is a parameter like others", unknown(value)),
    })
}
