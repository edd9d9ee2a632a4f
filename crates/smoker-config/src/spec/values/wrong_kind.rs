//! What to say about values of the wrong kind.

use smoker_model::notation::python_text;
use smoker_model::value::Value;

use crate::spec::values::quantity;
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

/// Why a time limit is none, and what to write.
pub(crate) fn wrong_timeout(value: &Value) -> String {
    let how = "a number of seconds above 0";
    match value {
        Value::Text(text) if text.trim().parse::<f64>().is_ok() => {
            format!("Timeout has to be {how}, not the text '{text}': write it without quotes")
        }
        Value::Text(text) => match quantity::in_seconds(text) {
            Some(seconds) => {
                format!("Timeout has to be {how}, not '{text}'; it takes no unit: write `Timeout: {seconds}`")
            }
            None => format!("Timeout has to be {how}, not '{text}'; it takes no unit"),
        },
        number if number.as_number().is_some() => {
            format!("Timeout parameter can't be 0: it has to be {how}, not {}", python_text::str(number))
        }
        other => format!("Timeout has to be {how}, not {}", kind_name(other)),
    }
}
