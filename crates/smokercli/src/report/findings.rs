//! The result of a plugin as it is judged: its own and those of its components.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde_json::value::to_raw_value;
use serde_json::{Map, Value as Json, json};
use smoker_model::status::Status;
use smoker_model::verdict::answer::{Finding, PluginRun};

use crate::plugin::Plugin;
use crate::plugin::run_facts;
use crate::plugin::view::{MessagesView, PluginView};

/// How the message of a plugin begins that did not run, since its maintenance lock exists.
const SKIPPED: &str = "Skipped because of maintenance";
/// What a component without a name is called.
const UNNAMED: &str = "(no name)";

/// The result that the plugin shows.
#[must_use]
pub fn run_of(plugin: &Plugin) -> PluginRun {
    run_of_view(&plugin.view())
}

/// The result that a plugin shows which is parsed already.
#[must_use]
pub fn run_of_view(view: &PluginView) -> PluginRun {
    let message = first_message(view.messages()).or_else(|| run_facts::reason_of_result(view));
    let is_skipped = message.as_ref().is_some_and(|text| text.starts_with(SKIPPED));
    let finding = Finding { status: view.status(), seconds: run_facts::duration(view), message, is_skipped };
    PluginRun { finding, components: components(view) }
}

/// No result, for this reason.
#[must_use]
pub fn no_result(reason: &str) -> PluginRun {
    let message = Some(reason.to_owned());
    let finding = Finding { status: Status::Unknown, seconds: None, message, is_skipped: false };
    PluginRun { finding, components: BTreeMap::new() }
}

/// A result of the past.
#[must_use]
pub fn run_of_past(name: &str, result: &Map<String, Json>) -> PluginRun {
    let plugin = json!({"name": name, "lastResult": result});
    run_of(&Plugin::parse(to_raw_value(&plugin).unwrap_or_default()))
}

fn components(view: &PluginView) -> BTreeMap<String, Finding> {
    let mut found = BTreeMap::new();
    for part in view.components() {
        let name = if part.name.is_empty() { UNNAMED } else { &part.name };
        let message = first_message(part.messages);
        let finding = Finding { status: part.status, seconds: None, message, is_skipped: false };
        match found.entry(name.to_owned()) {
            Entry::Vacant(entry) => {
                entry.insert(finding);
            }
            // Of two with one name, neither may hide the other.
            Entry::Occupied(mut entry) if !finding.is_good() => {
                entry.insert(finding);
            }
            Entry::Occupied(_) => {}
        }
    }
    found
}

/// The first message of the worst level that has one.
fn first_message(messages: Option<MessagesView<'_>>) -> Option<String> {
    let messages = messages?;
    let of_level = |level: &str| messages.level(level).first().map(|text| text.clone().into_owned());
    ["error", "warn", "info"].into_iter().find_map(of_level)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(result: &Json) -> PluginRun {
        run_of(&Plugin::parse(to_raw_value(&json!({"name": "p", "lastResult": result})).expect("JSON")))
    }

    #[test]
    fn what_is_not_understood_is_not_good() {
        for (result, is_good) in [
            (json!({"status": "OK", "messages": {"info": ["fine"]}}), true),
            (json!({"status": "WARN", "messages": {"warn": ["full"]}}), true),
            (json!({"status": "WARN", "messages": {"warn": ["Skipped because of maintenance in progress"]}}), false),
            (json!({"status": "ERROR"}), false),
            (json!({"status": "FINE"}), false),
            (json!("OK"), false),
            (Json::Null, false),
        ] {
            assert_eq!(run(&result).finding.is_good(), is_good, "{result}");
        }
        assert!(!no_result("gone").finding.is_good());
    }

    #[test]
    fn the_worse_of_two_components_with_one_name_counts() {
        let part =
            |name: &str, status: &str| json!({"componentResult": {"name": name, "status": status, "messages": null}});
        let parts = [part("a", "ERROR"), part("a", "OK"), part("", "OK"), part("b", "?")];
        let run = run(&json!({"status": "OK", "componentResults": parts}));
        let statuses: Vec<_> = run.components.iter().map(|(name, part)| (name.as_str(), part.status)).collect();
        assert_eq!(statuses, [("(no name)", Status::Ok), ("a", Status::Error), ("b", Status::Unknown)]);
    }
}
