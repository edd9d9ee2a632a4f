//! What to say about values of the wrong kind.

use smoker_model::value::Value;

use crate::yaml::node::kind_name;

/// What to do about a command that YAML reads as something else than text, and why.
pub(crate) fn unquoted(command: &Value) -> String {
    let why = match command {
        Value::List(_) => "`[` begins a list in YAML".to_owned(),
        Value::Map(_) => "`{` begins a mapping in YAML".to_owned(),
        other => format!("without them it is {} in YAML", kind_name(other)),
    };
    format!("put quotes around the command ({why})")
}
