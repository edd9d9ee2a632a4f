//! The text of a file for `plugin.d`.

use smoker_model::value::Value;

use crate::write::yaml_text;

/// A file with these parameters below a comment, which says what they come from.
#[must_use]
pub fn text(comment: &str, parameters: &[(String, Value)]) -> String {
    let entries = parameters.iter().map(|(name, value)| (Value::Text(name.clone()), value.clone())).collect();
    let comment = comment.replace('\n', "\n# ");
    format!("# {comment}\n{}", yaml_text::document(&Value::Map(entries)))
}
