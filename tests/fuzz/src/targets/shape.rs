//! What a result looks like, without its texts.

use serde_json::Value as Json;

/// A word for the status and for how many messages and components there are.
pub(crate) fn shape(result: &Json) -> String {
    let count = |list: &Json| {
        let count = list.as_array().map_or_else(|| list.as_object().map(serde_json::Map::len), |list| Some(list.len()));
        match count {
            None => "none",
            Some(0) => "no",
            Some(1) => "one",
            Some(2..5) => "few",
            Some(5..) => "many",
        }
    };
    let messages = &result["messages"];
    let parts = &result["componentResults"];
    let first = parts.as_object().and_then(|parts| parts.values().next()).map(shape).unwrap_or_default();
    let words = [
        count(messages),
        count(&messages["info"]),
        count(&messages["warn"]),
        count(&messages["error"]),
        count(parts),
        &first,
    ];
    format!("{} {}", result["status"].as_str().unwrap_or("?"), words.join(" "))
}
