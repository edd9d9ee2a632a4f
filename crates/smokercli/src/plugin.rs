//! A plugin as a daemon's answer shows it.

use std::borrow::Cow;

use serde_json::value::RawValue;
use serde_json::{Map, Value as Json};
use smoker_model::status::Status;
use smoker_model::value::Value;
use smoker_model::value::python_text;

/// One plugin of one host. The JSON is kept as text and parsed when it is
/// looked at: a fleet's worth of parsed pages would take several times the memory.
#[derive(Clone, Debug)]
pub struct Plugin {
    name: String,
    status: Status,
    json: Box<RawValue>,
}

impl Plugin {
    /// Takes one plugin of an answer.
    ///
    /// # Errors
    ///
    /// Says what is missing when this is not a plugin.
    pub fn parse(json: Box<RawValue>) -> Result<Self, String> {
        let view = PluginView::parse(&json).ok_or("a plugin of the answer is not an object")?;
        let name = view.0.get("name").and_then(Json::as_str).ok_or("a plugin of the answer has no name")?.to_owned();
        let status = view.status();
        Ok(Self { name, status, json })
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The state; a state that nobody foresaw is UNKNOWN.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status
    }

    /// Everything else, parsed.
    #[must_use]
    pub fn view(&self) -> PluginView {
        PluginView::parse(&self.json).unwrap_or_default()
    }
}

/// A plugin's whole object.
#[derive(Clone, Debug, Default)]
pub struct PluginView(Map<String, Json>);

/// A component of a result.
#[derive(Clone, Debug)]
pub struct Component<'a> {
    /// The name.
    pub name: Cow<'a, str>,
    /// The state; a state that nobody foresaw is UNKNOWN.
    pub status: Status,
    /// The messages; none when the component has none to give.
    pub messages: Option<Messages<'a>>,
}

/// The messages of a result or component, in the order of the JSON object.
#[derive(Clone, Copy, Debug)]
pub struct Messages<'a>(&'a Map<String, Json>);

impl PluginView {
    fn parse(json: &RawValue) -> Option<Self> {
        let mut object = serde_json::from_str(json.get()).ok()?;
        prefer_forced_result(&mut object);
        Some(Self(object))
    }

    /// The result to show; none for a plugin that has never run.
    #[must_use]
    pub fn result(&self) -> Option<&Map<String, Json>> {
        self.0.get("lastResult").and_then(Json::as_object)
    }

    /// The state of the result.
    #[must_use]
    pub fn status(&self) -> Status {
        self.result().map_or(Status::Unknown, |result| status_of(result.get("status")))
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

    /// The result's own messages.
    #[must_use]
    pub fn messages(&self) -> Option<Messages<'_>> {
        self.result().and_then(messages_of)
    }

    /// The components in their order.
    #[must_use]
    pub fn components(&self) -> Vec<Component<'_>> {
        let components = self.result().and_then(|result| result.get("componentResults")).and_then(Json::as_array);
        components.into_iter().flatten().filter_map(component_of_item).collect()
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

impl<'a> Messages<'a> {
    /// All levels with their messages.
    pub fn levels(self) -> impl Iterator<Item = (&'a str, Vec<Cow<'a, str>>)> {
        self.0.iter().map(|(level, texts)| (level.as_str(), texts_of(texts)))
    }

    /// The messages of one level.
    #[must_use]
    pub fn level(self, level: &str) -> Vec<Cow<'a, str>> {
        self.0.get(level).map(texts_of).unwrap_or_default()
    }
}

/// A value as the full format prints it: text as it is, scalars as Python
/// writes them, lists and maps as JSON.
#[must_use]
pub fn printed(value: &Json) -> Cow<'_, str> {
    match value {
        Json::String(text) => Cow::Borrowed(text),
        Json::Array(_) | Json::Object(_) => Cow::Owned(value.to_string()),
        scalar => Cow::Owned(python_text::str(&Value::from(scalar.clone()))),
    }
}

/// A date of the wire as `YYYY-MM-DD HH:MM:SS`; none for null.
#[must_use]
pub fn date(json: &Json) -> Option<String> {
    let text = json.as_str()?;
    let whole = text.split_once('.').map_or(text, |(whole, _)| whole);
    let seconds = whole.get(..19).unwrap_or(whole);
    Some(seconds.replacen('T', " ", 1))
}

fn cut_fraction(json: &mut Json) {
    if let Json::String(text) = json
        && let Some(dot) = text.find('.')
    {
        text.truncate(dot);
    }
}

/// A forced run is answered for by its own result. By the time that it is
/// collected a timed run may have left a newer `lastResult`, or the plugin may
/// keep no results at all; then the forced one takes that place, with its
/// mapping of components turned into the list that `lastResult` has.
fn prefer_forced_result(plugin: &mut Map<String, Json>) {
    let Some(Json::Object(forced)) = plugin.get("forcedResult") else { return };
    let last_run = plugin.get("lastResult").and_then(|result| result.get("lastRun"));
    if last_run == forced.get("lastRun") {
        return;
    }
    let mut result = forced.clone();
    if let Some(Json::Object(members)) = result.get_mut("componentResults")
        && !members.is_empty()
    {
        let items = std::mem::take(members).into_iter().map(|(name, mut component)| {
            if let Json::Object(component) = &mut component {
                component.entry("name").or_insert(Json::String(name));
            }
            serde_json::json!({"componentResult": component})
        });
        let items = items.collect();
        result.insert("componentResults".to_owned(), Json::Array(items));
    }
    plugin.insert("lastResult".to_owned(), Json::Object(result));
}

fn never_run() -> Json {
    serde_json::json!({"status": "UNKNOWN", "messages": null, "componentResults": null, "lastRun": null})
}

fn status_of(json: Option<&Json>) -> Status {
    json.and_then(Json::as_str).and_then(Status::of_result).unwrap_or(Status::Unknown)
}

fn messages_of(part: &Map<String, Json>) -> Option<Messages<'_>> {
    part.get("messages").and_then(Json::as_object).map(Messages)
}

fn texts_of(json: &Json) -> Vec<Cow<'_, str>> {
    match json {
        Json::Null => Vec::new(),
        Json::Array(items) => items.iter().map(printed).collect(),
        single => vec![printed(single)],
    }
}

fn component_of_item(item: &Json) -> Option<Component<'_>> {
    let object = item.get("componentResult")?.as_object()?;
    Some(Component {
        name: object.get("name").map_or(Cow::Borrowed(""), printed),
        status: status_of(object.get("status")),
        messages: messages_of(object),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn plugin(json: &Json) -> Plugin {
        let raw = RawValue::from_string(json.to_string()).expect("valid JSON");
        Plugin::parse(raw).expect("a plugin")
    }

    #[test]
    fn the_result_of_the_forced_run_is_shown_not_a_newer_one() {
        let plugin = plugin(&json!({
            "name": "p",
            "lastResult": {"status": "OK", "lastRun": "2020-01-01T00:00:09.5"},
            "forcedResult": {"status": "ERROR", "lastRun": "2020-01-01T00:00:01.5",
                             "componentResults": {"c": {"status": "WARN", "messages": null, "name": "c"}}},
        }));
        assert_eq!(plugin.status(), Status::Error);
        let view = plugin.view();
        assert_eq!(view.last_run().as_deref(), Some("2020-01-01 00:00:01"));
        assert_eq!(view.components()[0].name, "c");
        assert_eq!(view.components()[0].status, Status::Warn);
    }

    #[test]
    fn a_state_that_nobody_foresaw_is_unknown() {
        let plugin = plugin(&json!({"name": "p", "lastResult": {"status": "FINE"}}));
        assert_eq!(plugin.status(), Status::Unknown);
    }

    #[test]
    fn dates_lose_fraction_and_zone() {
        for text in ["2020-01-01T00:00:01", "2020-01-01T00:00:01.25", "2020-01-01T00:00:01+02:00"] {
            assert_eq!(date(&json!(text)).as_deref(), Some("2020-01-01 00:00:01"));
        }
        assert_eq!(date(&json!(null)), None);
    }

    #[test]
    fn what_is_not_a_plugin_is_refused() {
        let raw = RawValue::from_string("{}".to_owned()).expect("valid JSON");
        assert_eq!(Plugin::parse(raw).expect_err("no name"), "a plugin of the answer has no name");
    }
}
