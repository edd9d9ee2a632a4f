//! A value as warnings quote it.

use smoker_model::notation::python_text;
use smoker_model::value::Value;

use crate::yaml::node::kind_name;

/// The value itself where it is a number, else what kind of a value it is: for what has to be a number of a certain kind.
pub(crate) fn number_or_kind(value: &Value) -> String {
    match value {
        Value::Int(_) | Value::Float(_) => python_text::str(value),
        other => kind_name(other).to_owned(),
    }
}

/// The value itself, or what kind of a value it is where that would be long.
pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) => format!("'{text}'"),
        Value::Int(_) | Value::Float(_) | Value::Bool(_) => python_text::str(value),
        other => kind_name(other).to_owned(),
    }
}
