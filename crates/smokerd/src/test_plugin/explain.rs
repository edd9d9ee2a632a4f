//! What is wrong with the JSON that a command printed. The daemon names the
//! first fault in the original's words; here each has its place.

use serde_json::{Map, Value as Json};
use smoker_model::messages::Level;
use smoker_model::notation::python_text;
use smoker_model::notation::read_error::ReadError;
use smoker_model::status::Status;
use smoker_model::suggest;
use smoker_runner::{nearly_json, output};

use crate::test_plugin::path;

/// The members of a result that a plugin sets.
const OF_RESULTS: [&str; 4] = ["status", "messages", "componentResults", "action"];

/// Every fault that keeps the output of a command from being a result. Plain
/// text has no faults: it need not be a result.
pub(super) fn output(stdout: &str) -> Vec<String> {
    let text = python_text::strip(stdout);
    match output::read_json(text) {
        Some(Ok(json)) => result(&json),
        Some(Err(error)) if error.is_too_large => vec![format!("the JSON is refused: {error}")],
        Some(Err(error)) => vec![nearly_json::fault(stdout).unwrap_or_else(|| no_json(stdout, &error))],
        None => nearly_json::fault(stdout).into_iter().collect(),
    }
}

fn no_json(stdout: &str, error: &ReadError) -> String {
    let above = stdout.len() - stdout.trim_start().len();
    let (line, column) = error.place(stdout, above);
    format!("looks like JSON but is none, so it was taken as text: line {line}, column {column}: {error}")
}

/// Every fault that keeps JSON from being a result.
pub(super) fn result(json: &Json) -> Vec<String> {
    let mut faults = Faults(Vec::new());
    match json {
        Json::Object(object) if object.is_empty() => faults.add("", "is empty, so it was taken as text"),
        Json::Object(object) => {
            faults.status("status", object.get("status"));
            faults.messages("messages", object.get("messages").unwrap_or(&Json::Null));
            faults.components("componentResults", object.get("componentResults").unwrap_or(&Json::Null));
            faults.action("action", object.get("action").unwrap_or(&Json::Null));
            faults.dropped(object);
        }
        other => faults.add("", &format!("has to be an object with a status, not {}", kind(other))),
    }
    faults.0
}

struct Faults(Vec<String>);

impl Faults {
    fn add(&mut self, place: &str, what: &str) {
        let place = if place.is_empty() { "the top" } else { place };
        self.0.push(format!("at {place}: {what}"));
    }

    fn status(&mut self, place: &str, status: Option<&Json>) {
        const HOW: &str = "has to be OK, WARN or ERROR";
        match status {
            None => self.add(place, &format!("is missing; it {HOW}")),
            Some(Json::String(text)) if Status::of_result(text).is_some() => {}
            Some(Json::String(text)) => self.add(place, &format!("{HOW}, not {}", Json::from(text.as_str()))),
            Some(other) => self.add(place, &format!("{HOW}, not {}", kind(other))),
        }
    }

    fn messages(&mut self, place: &str, messages: &Json) {
        let levels = match messages {
            Json::Null => return,
            Json::Object(levels) if levels.is_empty() => return,
            Json::Object(levels) => levels,
            other => {
                self.add(
                    place,
                    &format!("has to be an object with the lists info, error and warn, not {}", kind(other)),
                );
                return;
            }
        };
        for level in Level::ALL {
            let place = path::member(place, level.as_str());
            match levels.get(level.as_str()) {
                None => self.add(&place, "is missing; messages have all of the lists info, error and warn"),
                Some(Json::Array(texts)) => self.texts(&place, texts),
                Some(other) => self.add(&place, &format!("has to be a list of texts, not {}", kind(other))),
            }
        }
    }

    fn texts(&mut self, place: &str, texts: &[Json]) {
        for (index, text) in texts.iter().enumerate().filter(|(_, text)| !text.is_string()) {
            self.add(&path::item(place, index), &format!("has to be text, not {}", kind(text)));
        }
    }

    fn components(&mut self, place: &str, components: &Json) {
        match components {
            Json::Object(components) => {
                for (name, component) in components {
                    let place = path::member(place, name);
                    match component {
                        Json::Object(component) => self.part(&place, component),
                        other => self.add(&place, &format!("has to be an object, not {}", kind(other))),
                    }
                }
            }
            Json::Null => {}
            other => {
                self.add(place, &format!("has to be an object with a component by each name, not {}", kind(other)));
            }
        }
    }

    fn action(&mut self, place: &str, action: &Json) {
        match action {
            Json::Object(action) => self.part(place, action),
            Json::Null => {}
            other => self.add(place, &format!("has to be an object, not {}", kind(other))),
        }
    }

    /// A component or an action.
    fn part(&mut self, place: &str, part: &Map<String, Json>) {
        self.status(&path::member(place, "status"), part.get("status"));
        let messages = path::member(place, "messages");
        match part.get("messages") {
            None => self.add(&messages, "is missing; null means none"),
            Some(levels) => self.messages(&messages, levels),
        }
    }

    /// Reports names that are near to one that means something.
    fn dropped(&mut self, object: &Map<String, Json>) {
        for name in object.keys().filter(|name| !OF_RESULTS.contains(&name.as_str())) {
            if let Some(near) = suggest::near(name, &OF_RESULTS) {
                self.add(
                    &path::member("", name),
                    &format!("is no part of a result and was dropped; did you mean {near}?"),
                );
            }
        }
    }
}

fn kind(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "a boolean",
        Json::Number(_) => "a number",
        Json::String(_) => "text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use smoker_model::result::Findings;

    use super::*;

    /// Output whose JSON is a result, or is none for this one reason.
    const CASES: [(&str, Option<&str>); 25] = [
        (r#"{"status": "OK"}"#, None),
        (r#"{"status": "WARN", "messages": {}, "componentResults": null, "action": null}"#, None),
        (
            r#"{"status": "OK", "componentResults": []}"#,
            Some("at componentResults: has to be an object with a component by each name, not a list"),
        ),
        (r#"{"status": "OK", "messages": {"info": ["a"], "error": [], "warn": []}, "more": 1}"#, None),
        (r#"{"status": "OK", "componentResults": {"a": {"status": "OK", "messages": null}}}"#, None),
        (r#"{"messages": null}"#, Some("at status: is missing; it has to be OK, WARN or ERROR")),
        (r#"{"status": "ok"}"#, Some("at status: has to be OK, WARN or ERROR, not \"ok\"")),
        (r#"{"status": 0}"#, Some("at status: has to be OK, WARN or ERROR, not a number")),
        (
            r#"{"status": "OK", "messages": "x"}"#,
            Some("at messages: has to be an object with the lists info, error and warn, not text"),
        ),
        (
            r#"{"status": "OK", "messages": {"info": [], "error": []}}"#,
            Some("at messages.warn: is missing; messages have all of the lists info, error and warn"),
        ),
        (
            r#"{"status": "OK", "messages": {"info": "x", "error": [], "warn": []}}"#,
            Some("at messages.info: has to be a list of texts, not text"),
        ),
        (
            r#"{"status": "OK", "messages": {"info": ["a", "b", 1], "error": [], "warn": []}}"#,
            Some("at messages.info[2]: has to be text, not a number"),
        ),
        (
            r#"{"status": "OK", "messages": {"info": [], "error": [null], "warn": []}}"#,
            Some("at messages.error[0]: has to be text, not null"),
        ),
        (
            r#"{"status": "OK", "componentResults": ["a"]}"#,
            Some("at componentResults: has to be an object with a component by each name, not a list"),
        ),
        (
            r#"{"status": "OK", "componentResults": {"a": true}}"#,
            Some("at componentResults.a: has to be an object, not a boolean"),
        ),
        (
            r#"{"status": "OK", "componentResults": {"a": {"status": "OK"}}}"#,
            Some("at componentResults.a.messages: is missing; null means none"),
        ),
        (
            r#"{"status": "OK", "componentResults": {"a b": {"messages": null}}}"#,
            Some("at componentResults[\"a b\"].status: is missing; it has to be OK, WARN or ERROR"),
        ),
        (
            r#"{"status": "OK", "componentResults": {"a": {"status": "OK", "messages": {"info": [[]], "error": [], "warn": []}}}}"#,
            Some("at componentResults.a.messages.info[0]: has to be text, not a list"),
        ),
        (r#"{"status": "OK", "action": "x"}"#, Some("at action: has to be an object, not text")),
        (
            r#"{"status": "OK", "action": {"status": "x", "messages": null}}"#,
            Some("at action.status: has to be OK, WARN or ERROR, not \"x\""),
        ),
        (r#"{"status": "OK", "action": {"status": "OK"}}"#, Some("at action.messages: is missing; null means none")),
        (r#"{"status": "OK", "action": false}"#, Some("at action: has to be an object, not a boolean")),
        (r#"{"status": "OK", "componentResults": {}}"#, None),
        (r#"{"status": NaN}"#, Some("at status: has to be OK, WARN or ERROR, not null")),
        (r#"{"status": null}"#, Some("at status: has to be OK, WARN or ERROR, not null")),
    ];

    #[test]
    fn a_fault_is_named_exactly_where_the_daemon_finds_one() {
        for (text, fault) in CASES {
            assert_eq!(output(text), Vec::from_iter(fault.map(str::to_owned)), "{text}");
            let json = output::read_json(text).expect("an object").expect("JSON");
            let refused = Findings::parse(json.as_object().expect("an object").clone()).is_err();
            assert_eq!(refused, fault.is_some(), "{text}");
        }
    }

    #[test]
    fn every_fault_is_named() {
        let text = r#"{"status": 1, "messages": {"info": [1, 2]}, "mesage": "x"}"#;
        let places: Vec<_> =
            output(text).iter().map(|fault| fault.split(':').next().unwrap_or_default().to_owned()).collect();
        let expected =
            ["at status", "at messages.info[0]", "at messages.info[1]", "at messages.error", "at messages.warn"];
        assert_eq!(places[..5], expected);
    }

    #[test]
    fn a_misspelt_name_is_reported() {
        let faults = output(r#"{"status": "OK", "message": null, "lastRun": 1}"#);
        assert_eq!(faults, ["at message: is no part of a result and was dropped; did you mean messages?"]);
    }

    #[test]
    fn broken_json_is_reported_with_line_and_column_of_the_output() {
        let cases = [
            ("{\"status\": OK}", "looks like a result, but is no JSON: line 1, column 12: expected a value"),
            (
                "\n[1, 2",
                "looks like JSON but is none, so it was taken as text: line 2, column 6: the text ends where `,` or `]` is expected",
            ),
            (
                "\nstarting\n\n{\"status\": \"OK\"}",
                "line 4 looks like a result, but other text comes before it: print nothing but the result",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(output(text), [expected]);
        }
    }

    #[test]
    fn text_is_no_fault() {
        assert_eq!(output("all is well\n{see the log}"), [""; 0]);
    }
}
