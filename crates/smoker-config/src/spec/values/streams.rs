//! What a process reads and writes (`Stdin`, `MaxOutput`), and switches.

use smoker_model::notation::python_text;
use smoker_model::plugin::StdinMode;
use smoker_model::value::Value;

use crate::spec::values::quantity;

/// True or false; false where it is not there.
///
/// # Errors
///
/// When it is neither.
pub(crate) fn switch(value: Option<&Value>) -> Result<bool, String> {
    match value {
        None => Ok(false),
        Some(Value::Bool(on)) => Ok(*on),
        Some(other) => Err(format!("has to be true or false, not {}; false is used", python_text::str(other))),
    }
}

/// With less of each stream, in bytes, no message is whole: a number of the plugin's own is meant.
const LEAST_OUTPUT: usize = 64;

/// How many bytes of each stream are kept.
///
/// # Errors
///
/// Why the value cannot be meant for that.
pub(crate) fn output_bytes(value: &Value) -> Result<usize, String> {
    match quantity::bytes(value)? {
        bytes if bytes < LEAST_OUTPUT => Err(format!("is {bytes} bytes, less than a message; it is a plain parameter")),
        bytes => Ok(bytes),
    }
}

/// What a command finds on its standard input.
///
/// # Errors
///
/// Why the value cannot be meant for that.
pub(crate) fn stdin(value: Option<&Value>) -> Result<StdinMode, String> {
    match value {
        None => Ok(StdinMode::Null),
        Some(Value::Text(text)) if text.eq_ignore_ascii_case("json") => Ok(StdinMode::Json),
        Some(other) => {
            let shown = python_text::str(&other.hidden());
            Err(format!("Stdin has to be json, not {shown}; it is a plain parameter, and the input is empty"))
        }
    }
}
