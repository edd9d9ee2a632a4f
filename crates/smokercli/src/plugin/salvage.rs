//! Reads what can be read of a plugin that cannot be read as a whole: one odd value must not cost the host.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use serde_json::{Map, Value as Json};

use crate::plugin::json_repair::repaired;

/// How deep values are looked through for the one that cannot be read: plugin, result, messages.
const LEVELS: usize = 3;

/// The members that are results. One that cannot be read is no result that is missing: the plugin has run.
const RESULTS: [&str; 2] = ["lastResult", "forcedResult"];

/// What a plugin without a name of its own is called.
pub(super) const NO_NAME: &str = "(no name)";

/// The object of a plugin, with null in the place of values that cannot be read, such as lists that are nested deeper
/// than the parser follows. Of a result that cannot be read, or a plugin that is no object, the text stands for the result,
/// which nobody takes for an OK.
pub(super) fn plugin_object(json: &RawValue) -> Map<String, Json> {
    let text = repaired(json.get());
    let mut plugin = match value(&text, LEVELS) {
        Json::Object(plugin) => plugin,
        _ => Map::from_iter([("lastResult".to_owned(), Json::from(text))]),
    };
    let name = match plugin.get("name") {
        Some(Json::String(name)) => name.clone(),
        None | Some(Json::Null) => {
            // Whose result it is cannot be said, so it is none that is good.
            plugin.insert("lastResult".to_owned(), Json::from(json.get()));
            NO_NAME.to_owned()
        }
        Some(other) => other.to_string(),
    };
    plugin.insert("name".to_owned(), Json::String(name));
    plugin
}

fn value(text: &str, levels: usize) -> Json {
    if let Ok(value) = serde_json::from_str(text) {
        return value;
    }
    match serde_json::from_str::<BTreeMap<String, Box<RawValue>>>(text) {
        Ok(members) if levels > 0 => {
            let is_result = |key: &str| levels == LEVELS && RESULTS.contains(&key);
            let read = |(key, member): (String, Box<RawValue>)| match value(member.get(), levels - 1) {
                Json::Null if is_result(&key) && member.get() != "null" => (key, Json::from(member.get())),
                value => (key, value),
            };
            members.into_iter().map(read).collect()
        }
        _ => Json::Null,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::value::to_raw_value;

    use super::*;
    use crate::plugin::view::{PluginView, ShownResult};

    #[test]
    fn only_what_cannot_be_read_is_lost() {
        let deep = "[".repeat(300) + &"]".repeat(300);
        for (text, expected) in [
            (
                format!(r#"{{"name": "p", "parameters": {{"X": {deep}, "Y": 1}}, "lastResult": {{"status": "OK"}}}}"#),
                r#"{"lastResult":{"status":"OK"},"name":"p","parameters":{"X":null,"Y":1}}"#,
            ),
            (
                format!(r#"{{"name": "p", "lastResult": {{"status": "ERROR", "messages": {{"error": {deep}}}}}}}"#),
                r#"{"lastResult":{"messages":{"error":null},"status":"ERROR"},"name":"p"}"#,
            ),
            (
                format!(r#"{{"name": "p", "lastResult": null, "parameters": {{"lastResult": {deep}}}}}"#),
                r#"{"lastResult":null,"name":"p","parameters":{"lastResult":null}}"#,
            ),
            (r#"{"name": 5}"#.to_owned(), r#"{"name":"5"}"#),
            ("{}".to_owned(), r#"{"lastResult":"{}","name":"(no name)"}"#),
            ("null".to_owned(), r#"{"lastResult":"null","name":"(no name)"}"#),
        ] {
            let raw = RawValue::from_string(text).expect("JSON");
            assert_eq!(Json::Object(plugin_object(&raw)), serde_json::from_str::<Json>(expected).expect("JSON"));
        }
    }

    #[test]
    fn a_result_that_cannot_be_read_is_none_that_is_missing() {
        let deep = "[".repeat(300) + &"]".repeat(300);
        for (key, shown) in RESULTS.into_iter().zip([ShownResult::Last, ShownResult::Forced]) {
            let raw = RawValue::from_string(format!(r#"{{"name": "p", "{key}": {deep}}}"#)).expect("JSON");
            assert_eq!(plugin_object(&raw).get(key), Some(&Json::from(deep.as_str())));
            let view = PluginView::parse(&to_raw_value(&plugin_object(&raw)).expect("JSON"), shown);
            assert!(view.expect("a plugin").unreadable().is_some(), "{key}");
        }
    }
}
