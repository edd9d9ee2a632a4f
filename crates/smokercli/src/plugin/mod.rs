//! A plugin as a daemon's answer shows it.
//!
//! # Layout
//!
//! - `plain`: what a fleet needs of each, read quickly; `view`: its parsed object: result, messages, components, parameters
//! - `forced_result`: the result of a forced run takes precedence
//! - `json_repair`: JSON that Python writes and no standard allows; `salvage`: what can be read of a broken plugin
//! - `digest`: whether a page shows something else
//! - `standing`: what else a daemon says of it; `silenced`: the silences of many hosts
//! - `run_facts`: how a run went; `perfdata`: what it measured
//! - `value_text`: values as text

pub mod digest;
mod forced_result;
pub mod json_repair;
pub mod perfdata;
mod plain;
pub mod run_facts;
mod salvage;
pub mod silenced;
pub mod standing;
pub mod value_text;
pub mod view;

use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value as Json};
use smoker_model::status::Status;

use crate::plugin::digest::PageDigest;
use crate::plugin::plain::PlainPlugin;
use crate::plugin::salvage::{NO_NAME, plugin_object};
use crate::plugin::silenced::PluginSilence;
use crate::plugin::view::{PluginView, ShownResult};

/// One plugin of one host. The JSON is kept as text and parsed when it is
/// read: the parsed pages of a fleet would take several times the memory.
#[derive(Clone, Debug)]
pub struct Plugin {
    name: String,
    status: Status,
    is_readable: bool,
    shown: ShownResult,
    json: Box<RawValue>,
}

impl Plugin {
    /// Reads a plugin of a page of plugins. Its last result is the one to show.
    #[must_use]
    pub fn parse(json: Box<RawValue>) -> Self {
        Self::new(json, ShownResult::Last)
    }

    /// Reads a plugin of the answer to a forced run. The result of that run is the one to show, and no other one.
    #[must_use]
    pub fn parse_forced(json: Box<RawValue>) -> Self {
        Self::new(json, ShownResult::Forced)
    }

    fn new(json: Box<RawValue>, shown: ShownResult) -> Self {
        if let Some(PlainPlugin { name, status }) = PlainPlugin::read(json.get(), shown) {
            return Self { name, status, is_readable: true, shown, json };
        }
        let is_named = |view: &PluginView| view.name().is_some();
        let (json, view) = if let Some(view) = PluginView::parse(&json, shown).filter(is_named) {
            (json, view)
        } else {
            let json = to_raw_value(&plugin_object(&json)).unwrap_or_default();
            let view = PluginView::parse(&json, shown).unwrap_or_default();
            (json, view)
        };
        let name = view.name().unwrap_or_default().to_owned();
        Self { name, status: view.status(), is_readable: view.unreadable().is_none(), shown, json }
    }

    /// A plugin of which nothing but the name is known.
    #[must_use]
    pub fn unconfigured(name: &str) -> Self {
        let object = serde_json::json!({"name": name, "parameters": {}, "lastResult": null});
        Self::parse(to_raw_value(&object).unwrap_or_default())
    }

    /// The same plugin after another run, with this result.
    #[must_use]
    pub fn with_result(&self, result: Option<&Map<String, Json>>) -> Self {
        let Ok(mut object) = serde_json::from_str::<Map<String, Json>>(self.json.get()) else { return self.clone() };
        // What the daemon said of the result before.
        for member in ["skipped", "state", "attempt"] {
            object.shift_remove(member);
        }
        object.insert("lastResult".to_owned(), result.map_or(Json::Null, |result| Json::Object(result.clone())));
        Self::parse(to_raw_value(&object).unwrap_or_default())
    }

    /// The name, unique on its host.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the daemon's answer has a name of it.
    #[must_use]
    pub fn has_name(&self) -> bool {
        self.name != NO_NAME
    }

    /// The status of the result to show; an unrecognized one is UNKNOWN.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status
    }

    /// Whether the status, or that there is no result yet, is understood. What is not must never pass for OK.
    #[must_use]
    pub fn is_readable(&self) -> bool {
        self.is_readable
    }

    /// Whether the plugin has not run yet, or keeps no result.
    #[must_use]
    pub fn has_no_result(&self) -> bool {
        self.is_readable && self.status == Status::Unknown
    }

    /// The whole object, parsed on each call.
    #[must_use]
    pub fn view(&self) -> PluginView {
        PluginView::parse(&self.json, self.shown).unwrap_or_default()
    }

    /// Whether it may have results of actions: most have none, and need not be parsed for that.
    #[must_use]
    pub fn may_have_actions(&self) -> bool {
        let is_something = |value: &str| {
            let value = value.trim_start().strip_prefix(':').map(str::trim_start);
            value.is_none_or(|value| !value.starts_with("null"))
        };
        self.json.get().split("\"action\"").skip(1).any(is_something)
    }

    /// The silence that it is under.
    #[must_use]
    pub fn silence(&self) -> Option<PluginSilence> {
        // Most are under none, and need not be parsed for that.
        if self.json.get().contains("\"silence\"") { PluginSilence::of(&self.view()) } else { None }
    }

    /// What its page shows.
    #[must_use]
    pub fn digest(&self) -> PageDigest {
        PageDigest::of(self.json.get(), || {
            let view = self.view();
            let text = |object: Option<&Map<String, Json>>| object.map(|object| Json::from(object.clone()).to_string());
            [text(view.parameters()), text(view.result())]
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn raw(json: &Json) -> Box<RawValue> {
        RawValue::from_string(json.to_string()).expect("valid JSON")
    }

    #[test]
    fn what_is_not_a_plugin_is_never_ok() {
        for json in [json!(null), json!("OK"), json!(["OK"])] {
            let plugin = Plugin::parse(raw(&json));
            assert_eq!((plugin.name(), plugin.status(), plugin.is_readable()), ("(no name)", Status::Unknown, false));
        }
    }

    #[test]
    fn each_page_has_its_own_result_to_show() {
        let result =
            |status: &str, second: u8| json!({"status": status, "lastRun": format!("2020-01-01T00:00:0{second}")});
        let with = |forced: Json| raw(&json!({"name": "p", "lastResult": result("OK", 1), "forcedResult": forced}));
        let status = |plugin: Plugin| (plugin.status(), plugin.is_readable());
        for forced in [result("ERROR", 0), result("ERROR", 1), result("ERROR", 2)] {
            assert_eq!(status(Plugin::parse(with(forced.clone()))), (Status::Ok, true));
            assert_eq!(status(Plugin::parse_forced(with(forced))), (Status::Error, true));
        }
        assert!(Plugin::parse_forced(with(json!(null))).has_no_result());
        assert_eq!(status(Plugin::parse_forced(with(json!("OK")))), (Status::Unknown, false));
    }

    #[test]
    fn a_plugin_without_actions_is_known_by_its_text() {
        for (text, expected) in [
            (r#"{"name": "p", "lastResult": {"status": "OK", "action": null}}"#, false),
            (r#"{"name": "p", "lastResult": {"status": "OK", "action":null}, "x": "\"action\": {}"}"#, false),
            (r#"{"name": "p", "lastResult": {"status": "OK"}}"#, false),
            (
                r#"{"name": "p", "lastResult": {"action": null}, "forcedResult": {"action" : {"status": "ERROR"}}}"#,
                true,
            ),
            (r#"{"name": "action", "lastResult": {"action": "odd"}}"#, true),
        ] {
            let plugin = Plugin::parse(RawValue::from_string(text.to_owned()).expect("JSON"));
            assert_eq!(plugin.may_have_actions(), expected, "{text}");
        }
    }

    #[test]
    fn parameters_and_results_have_numbers_of_their_own() {
        let of = |json: &str| Plugin::parse(RawValue::from_string(json.to_owned()).expect("JSON")).digest();
        let page =
            r#"{"name": "p", "parameters": {"Command": "true"}, "lastResult": {"status": "OK"}, "nextRun": "1"}"#;
        let first = of(page);
        assert_eq!(of(&page.replace("\"1\"", "\"2\"")), first, "when it runs next is neither");
        let other = of(&page.replace("true", "false"));
        assert_eq!((other.parameters == first.parameters, other.last_result == first.last_result), (false, true));
        let other = of(&page.replace("OK", "WARN"));
        assert_eq!((other.parameters == first.parameters, other.last_result == first.last_result), (true, false));
        let twice = |result: &str| of(&format!(r#"{{"name": "p", "lastResult": null, "lastResult": {result}}}"#));
        assert_eq!(twice("{}"), twice("{}"));
        assert_ne!(twice("{}"), twice(r#"{"status": "OK"}"#));
    }
}
