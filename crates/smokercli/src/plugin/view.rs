//! The parsed object of a plugin: result, messages, components, parameters.

use std::borrow::Cow;

use serde_json::value::RawValue;
use serde_json::{Map, Value as Json};
use smoker_model::status::Status;

use crate::plugin::forced_result::take_forced_result;
use crate::plugin::value_text::{date, ended, printed};

/// A plugin's whole object, as the daemon sent it.
#[derive(Clone, Debug, Default)]
pub struct PluginView(Map<String, Json>);

/// Which result of a plugin is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShownResult {
    /// The last one.
    Last,
    /// That of the forced run which the answer is about.
    Forced,
}

/// A component of a result.
#[derive(Clone, Debug)]
pub struct Component<'a> {
    /// The name that the plugin gave it; empty without one.
    pub name: Cow<'a, str>,
    /// The status; an unrecognized one is UNKNOWN.
    pub status: Status,
    /// `None` when the component has no mapping of messages.
    pub messages: Option<MessagesView<'a>>,
}

/// An action of a result.
#[derive(Clone, Copy, Debug)]
pub struct ActionView<'a> {
    /// Its name, which a daemon sends for one of several.
    pub name: Option<&'a str>,
    /// Its status.
    pub status: Status,
    /// `None` when the action has no mapping of messages.
    pub messages: Option<MessagesView<'a>>,
    result: &'a Map<String, Json>,
}

/// The messages of a result or component, in the order of the JSON object.
#[derive(Clone, Copy, Debug)]
pub struct MessagesView<'a>(&'a Map<String, Json>);

impl<'a> ActionView<'a> {
    /// `action`, with the name of one of several.
    #[must_use]
    pub fn title(&self) -> String {
        self.name.map_or_else(|| "action".to_owned(), |name| format!("action {name}"))
    }

    /// Why it failed: its error messages, or else its other ones, or how its command ended; each with its level.
    #[must_use]
    pub fn reasons(&self) -> Vec<(&'a str, Cow<'a, str>)> {
        let levels: Vec<_> = self.messages.into_iter().flat_map(MessagesView::levels).collect();
        let texts = |wanted: fn(&str) -> bool| {
            let wanted = levels.iter().filter(move |(level, _)| wanted(level));
            wanted.flat_map(|(level, texts)| texts.iter().map(|text| (*level, text.clone()))).collect::<Vec<_>>()
        };
        let told = [texts(is_problem), texts(|_| true)];
        let end = || ended(self.result).map(|end| ("error", Cow::Owned(end)));
        told.into_iter().find(|texts| !texts.is_empty()).unwrap_or_else(|| end().into_iter().collect())
    }

    /// The reasons on one line, without their levels.
    #[must_use]
    pub fn reason(&self) -> Option<String> {
        let texts: Vec<_> = self.reasons().into_iter().map(|(_, text)| text).collect();
        (!texts.is_empty()).then(|| texts.join("; "))
    }
}

impl PluginView {
    pub(super) fn parse(json: &RawValue, shown: ShownResult) -> Option<Self> {
        let mut object = serde_json::from_str(json.get()).ok()?;
        if shown == ShownResult::Forced {
            take_forced_result(&mut object);
        }
        Some(Self(object))
    }

    /// The name, if it is text.
    pub(super) fn name(&self) -> Option<&str> {
        self.0.get("name").and_then(Json::as_str)
    }

    /// A member that is an object.
    pub(super) fn object(&self, name: &str) -> Option<&Map<String, Json>> {
        self.0.get(name).and_then(Json::as_object)
    }

    /// The number of bad results in a row, where they are not enough to count.
    pub(super) fn soft_attempt(&self) -> Option<u64> {
        let is_soft = self.0.get("state").and_then(Json::as_str) == Some("soft");
        self.0.get("attempt").and_then(Json::as_u64).filter(|_| is_soft)
    }

    /// Whether the status changes too often.
    pub(super) fn is_flapping(&self) -> bool {
        self.0.get("flapping").and_then(Json::as_bool).unwrap_or_default()
    }

    /// Why scheduled runs are skipped, such as `skipped: Db is ERROR since 10:02`. What the last result says is then not known
    /// to hold.
    #[must_use]
    pub fn skipped(&self) -> Option<String> {
        let reason = self.object("skipped")?.get("reason").map_or_else(|| "?".into(), printed);
        Some(format!("skipped: {reason}"))
    }

    /// The plugin because of which scheduled runs are skipped.
    #[must_use]
    pub fn skipped_because_of(&self) -> Option<&str> {
        self.object("skipped")?.get("parent").and_then(Json::as_str)
    }

    /// The result to show; `None` for a plugin that has never run, or whose runs are skipped.
    #[must_use]
    pub fn result(&self) -> Option<&Map<String, Json>> {
        self.0.get("lastResult").and_then(Json::as_object).filter(|_| self.object("skipped").is_none())
    }

    /// The status of the result; UNKNOWN without one.
    #[must_use]
    pub fn status(&self) -> Status {
        self.result().map_or(Status::Unknown, |result| status_of(result.get("status")))
    }

    /// Why the status of the result cannot be told; `None` when it can, or when there is no result.
    #[must_use]
    pub fn unreadable(&self) -> Option<String> {
        let result = match self.0.get("lastResult") {
            _ if self.object("skipped").is_some() => return None,
            None | Some(Json::Null) => return None,
            Some(Json::Object(result)) => result,
            Some(_) => return Some("the result cannot be read: it is not a JSON object".to_owned()),
        };
        match result.get("status") {
            None | Some(Json::Null) => Some("the result has no status".to_owned()),
            Some(Json::String(status)) if status == Status::Unknown.as_str() => None,
            Some(Json::String(status)) if Status::of_result(status).is_some() => None,
            Some(status) => Some(format!("the status {status} is none that this client knows")),
        }
    }

    /// When the result's run started, as `YYYY-MM-DD HH:MM:SS`.
    #[must_use]
    pub fn last_run(&self) -> Option<String> {
        date(self.result()?.get("lastRun")?)
    }

    /// When the next run is due, as `YYYY-MM-DD HH:MM:SS`.
    #[must_use]
    pub fn next_run(&self) -> Option<String> {
        date(self.0.get("nextRun")?)
    }

    /// Whether there is no result, while the daemon says when the plugin runs next, or that it does not.
    pub(super) fn has_not_run(&self) -> bool {
        let is_skipped = self.object("skipped").is_some();
        let is_forced = self.0.contains_key("forcedResult");
        !is_skipped
            && !is_forced
            && self.0.get("lastResult").is_none_or(Json::is_null)
            && self.0.contains_key("nextRun")
    }

    /// Whether the answer is about a forced run that has no result.
    pub(super) fn lacks_forced_result(&self) -> bool {
        self.0.get("forcedResult").is_some_and(Json::is_null)
    }

    /// The result's own messages.
    #[must_use]
    pub fn messages(&self) -> Option<MessagesView<'_>> {
        self.result().and_then(messages_of)
    }

    /// The components in their order.
    #[must_use]
    pub fn components(&self) -> Vec<Component<'_>> {
        match self.result().and_then(|result| result.get("componentResults")) {
            Some(Json::Array(items)) => items.iter().map(|item| component(item.get("componentResult"), None)).collect(),
            Some(Json::Object(members)) => {
                members.iter().map(|(name, part)| component(Some(part), Some(name))).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The actions of the result that ended in ERROR, or in no status that is known. Of several, `actions` lists all, and `action` is one of them.
    #[must_use]
    pub fn failed_actions(&self) -> Vec<ActionView<'_>> {
        let member = |name: &str| self.result().and_then(|result| result.get(name)).filter(|value| !value.is_null());
        let actions = match member("actions").or_else(|| member("action")) {
            Some(Json::Array(actions)) => actions.as_slice(),
            Some(action) => std::slice::from_ref(action),
            None => &[],
        };
        let failed =
            |action: &&Map<String, Json>| !matches!(status_of(action.get("status")), Status::Ok | Status::Warn);
        let failed = actions.iter().filter_map(Json::as_object).filter(failed);
        let view = |action| ActionView {
            name: Map::get(action, "name").and_then(Json::as_str),
            status: status_of(Map::get(action, "status")),
            messages: messages_of(action),
            result: action,
        };
        failed.map(view).collect()
    }

    /// The parameters in the daemon's order.
    #[must_use]
    pub fn parameters(&self) -> Option<&Map<String, Json>> {
        self.0.get("parameters").and_then(Json::as_object)
    }

    /// The whole object as the json format shows it: dates without fractions,
    /// and a result of null fields for a plugin that has never run.
    #[must_use]
    pub fn into_json(mut self) -> Map<String, Json> {
        if let Some(next_run) = self.0.get_mut("nextRun") {
            cut_fraction(next_run);
        }
        match self.0.get_mut("lastResult") {
            Some(Json::Object(result)) => {
                if let Some(last_run) = result.get_mut("lastRun") {
                    cut_fraction(last_run);
                }
            }
            _ => {
                self.0.insert("lastResult".to_owned(), never_run());
            }
        }
        self.0
    }
}

impl<'a> MessagesView<'a> {
    /// All levels with their messages.
    pub fn levels(self) -> impl Iterator<Item = (&'a str, Vec<Cow<'a, str>>)> {
        self.0.iter().map(|(level, texts)| (level.as_str(), texts_of(texts)))
    }

    /// Whether there is any message.
    #[must_use]
    pub fn has_texts(self) -> bool {
        self.levels().any(|(_, texts)| !texts.is_empty())
    }

    /// Whether there is any message that the shorter formats show: one of `warn` or `error`.
    #[must_use]
    pub fn has_problems(self) -> bool {
        self.levels().any(|(level, texts)| is_problem(level) && !texts.is_empty())
    }

    /// The messages of all levels but `warn` and `error`, each with its level.
    pub fn other_texts(self) -> impl Iterator<Item = (&'a str, Cow<'a, str>)> {
        let other = self.levels().filter(|(level, _)| !is_problem(level));
        other.flat_map(|(level, texts)| texts.into_iter().map(move |text| (level, text)))
    }

    /// The messages of one level.
    #[must_use]
    pub fn level(self, level: &str) -> Vec<Cow<'a, str>> {
        self.0.get(level).map(texts_of).unwrap_or_default()
    }
}

/// Whether messages of this level tell what is wrong.
#[must_use]
pub fn is_problem(level: &str) -> bool {
    matches!(level, "warn" | "error")
}

fn never_run() -> Json {
    serde_json::json!({"status": "UNKNOWN", "messages": null, "componentResults": null, "lastRun": null})
}

fn status_of(json: Option<&Json>) -> Status {
    json.and_then(Json::as_str).and_then(Status::of_result).unwrap_or(Status::Unknown)
}

fn messages_of(part: &Map<String, Json>) -> Option<MessagesView<'_>> {
    part.get("messages").and_then(Json::as_object).map(MessagesView)
}

/// A component, with the name that it has in a mapping unless it says another one. What is no object is one that is UNKNOWN.
fn component<'a>(json: Option<&'a Json>, name: Option<&'a str>) -> Component<'a> {
    let object = json.and_then(Json::as_object);
    let own_name = object.and_then(|object| object.get("name")).map(printed);
    Component {
        name: own_name.or_else(|| name.map(Cow::Borrowed)).unwrap_or_default(),
        status: status_of(object.and_then(|object| object.get("status"))),
        messages: object.and_then(messages_of),
    }
}

fn cut_fraction(json: &mut Json) {
    if let Json::String(text) = json
        && let Some(dot) = text.find('.')
    {
        text.truncate(dot);
    }
}

fn texts_of(json: &Json) -> Vec<Cow<'_, str>> {
    match json {
        Json::Null => Vec::new(),
        Json::Array(items) => items.iter().map(printed).collect(),
        single => vec![printed(single)],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn view(json: &Json) -> PluginView {
        let raw = RawValue::from_string(json.to_string()).expect("valid JSON");
        PluginView::parse(&raw, ShownResult::Forced).expect("an object")
    }

    #[test]
    fn the_result_of_the_forced_run_is_shown_not_a_newer_one() {
        let view = view(&json!({
            "name": "p",
            "lastResult": {"status": "OK", "lastRun": "2020-01-01T00:00:09.5"},
            "forcedResult": {"status": "ERROR", "lastRun": "2020-01-01T00:00:01.5",
                             "componentResults": {"c": {"status": "WARN", "messages": null, "name": "c"}}},
        }));
        assert_eq!(view.status(), Status::Error);
        assert_eq!(view.last_run().as_deref(), Some("2020-01-01 00:00:01"));
        assert_eq!(view.components()[0].name, "c");
        assert_eq!(view.components()[0].status, Status::Warn);
    }

    #[test]
    fn a_status_that_is_not_known_is_unknown_and_says_so() {
        for (result, reason) in [
            (json!({"status": "FINE"}), Some("the status \"FINE\" is none that this client knows")),
            (json!({"status": "ok"}), Some("the status \"ok\" is none that this client knows")),
            (json!({"status": 0}), Some("the status 0 is none that this client knows")),
            (json!({"status": null}), Some("the result has no status")),
            (json!({}), Some("the result has no status")),
            (json!("OK"), Some("the result cannot be read: it is not a JSON object")),
            (json!({"status": "UNKNOWN"}), None),
            (json!(null), None),
        ] {
            let view = view(&json!({"name": "p", "forcedResult": result}));
            assert_eq!((view.status(), view.unreadable().as_deref()), (Status::Unknown, reason), "{result}");
        }
    }
}
