//! JSON values in messages.

use serde_json::Value as Json;

/// A text as it is, anything else as JSON.
pub(crate) fn plain_text(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}
