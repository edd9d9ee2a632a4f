//! What differs between two plugins and their results.

use serde_json::{Map, Number, Value as Json};
use smoker_model::plugin::{Parameters, exposed};
use smoker_model::result::ADDED_KEYS;
use smoker_model::secrets::mask::masked;
use smoker_model::value::Value;
use smoker_model::value::secret::MASK;

use crate::compare::local::as_json;
use crate::compare::numbers::{differ_in_numbers_only, have_same_shape};

/// The levels of messages, the worst first. A module may have more.
const LEVELS: [&str; 3] = ["error", "warn", "info"];

/// Something that is not the same on both sides.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Difference {
    pub(crate) plugin: String,
    /// The place: `plugin`, `parameter NAME`, `status`, `info`, `component NAME status` and so on.
    pub(crate) what: String,
    /// None when it is not there at all.
    pub(crate) there: Option<Json>,
    pub(crate) here: Option<Json>,
    /// Whether messages differ in numbers that another run can have otherwise, such as times and counts, and in nothing else.
    pub(crate) only_numbers: bool,
}

/// What a comparison of parameters gives.
#[derive(Debug, Default)]
pub(crate) struct ParameterDifferences {
    pub(crate) differences: Vec<Difference>,
    /// Parameters that the other daemon masks, so that nobody can compare them.
    pub(crate) masked: Vec<String>,
}

impl Difference {
    fn new(plugin: &str, what: String, there: Option<Json>, here: Option<Json>) -> Self {
        Self { plugin: plugin.to_owned(), what, there, here, only_numbers: false }
    }

    /// A plugin that only the other daemon has.
    pub(crate) fn only_there(plugin: &str) -> Self {
        Self::new(plugin, "plugin".to_owned(), Some(Json::from("configured")), None)
    }

    /// A plugin that only this configuration has.
    pub(crate) fn only_here(plugin: &str) -> Self {
        Self::new(plugin, "plugin".to_owned(), None, Some(Json::from("configured")))
    }
}

/// Compares the parameters. Secrets are compared as they are, and shown masked.
pub(crate) fn of_parameters(plugin: &str, there: &Map<String, Json>, here: &Parameters) -> ParameterDifferences {
    let own = as_json(&exposed(here));
    let mut found = ParameterDifferences::default();
    for name in names(there, &own) {
        let (their_value, our_value) = (there.get(name), own.get(name));
        if their_value.zip(our_value).is_some_and(|(there, here)| are_equal(there, here)) {
            continue;
        }
        let masked_json = |value: &Value| {
            let parameters = [(name.clone(), masked(name, value))].into_iter().collect();
            as_json(&parameters).remove(name).unwrap_or_default()
        };
        // What `!env` and `!file` gave here may be plain text there.
        let is_tagged = here.get(name).is_some_and(Value::has_secret);
        let shown = |value: &Json| if is_tagged { Json::from(MASK) } else { masked_json(&Value::from(value.clone())) };
        let is_masked = their_value.is_some_and(|value| value.to_string().contains(MASK));
        if is_masked && their_value == here.get(name).map(masked_json).as_ref() {
            found.masked.push(name.clone());
            continue;
        }
        let what = format!("parameter {name}");
        found.differences.push(Difference::new(plugin, what, their_value.map(shown), our_value.map(shown)));
    }
    found
}

/// What a result or a component has in any case, and what is compared by itself.
const USUAL_KEYS: [&str; 7] = ["status", "messages", "lastRun", "componentResults", "action", "forced", "name"];

/// Compares status, messages, components and own keys of two results as pages show them; with `has_action` those of the
/// action, too.
pub(crate) fn of_results(plugin: &str, there: &Json, here: &Json, has_action: bool) -> Vec<Difference> {
    let mut found = Vec::new();
    of_parts(plugin, "", there, here, &mut found);
    if has_action {
        of_parts(plugin, "action ", &there["action"], &here["action"], &mut found);
    }
    let empty = Map::new();
    let components = |result: &'_ Json| result["componentResults"].as_object().unwrap_or(&empty).clone();
    let (theirs, ours) = (components(there), components(here));
    for name in names(&theirs, &ours) {
        let what = format!("component {name}");
        match (theirs.get(name), ours.get(name)) {
            (Some(there), Some(here)) => of_parts(plugin, &format!("{what} "), there, here, &mut found),
            (there, here) => {
                let status = |part: Option<&Json>| part.map(|part| part["status"].clone());
                found.push(Difference::new(plugin, what, status(there), status(here)));
            }
        }
    }
    found
}

/// Status and messages of a result or a component. No messages at all are the same as none of each level.
fn of_parts(plugin: &str, prefix: &str, there: &Json, here: &Json, found: &mut Vec<Difference>) {
    if there["status"] != here["status"] {
        let status = |part: &Json| Some(part["status"].clone()).filter(|status| !status.is_null());
        found.push(Difference::new(plugin, format!("{prefix}status"), status(there), status(here)));
    }
    let empty = Map::new();
    let [theirs, ours] = [there, here].map(|part| part["messages"].as_object().unwrap_or(&empty));
    let own = names(theirs, ours).into_iter().map(String::as_str).filter(|level| !LEVELS.contains(level));
    for level in LEVELS.into_iter().chain(own) {
        let texts = |part: &Json| part["messages"][level].as_array().filter(|texts| !texts.is_empty()).cloned();
        let (theirs, ours) = (texts(there), texts(here));
        if theirs != ours {
            let only_numbers = theirs.as_ref().zip(ours.as_ref()).is_some_and(|(a, b)| have_same_words(a, b));
            let list = |texts: Option<Vec<Json>>| texts.map(Json::Array);
            let difference = Difference::new(plugin, format!("{prefix}{level}"), list(theirs), list(ours));
            found.push(Difference { only_numbers, ..difference });
        }
    }
    let nothing = Map::new();
    let [theirs, ours] = [there, here].map(|part| part.as_object().unwrap_or(&nothing));
    let is_own = |name: &&String| !USUAL_KEYS.contains(&name.as_str()) && !ADDED_KEYS.contains(&name.as_str());
    for name in names(theirs, ours).into_iter().filter(is_own) {
        let (theirs, ours) = (theirs.get(name), ours.get(name));
        if theirs != ours {
            let only_numbers = theirs.zip(ours).is_some_and(|(there, here)| have_same_shape(there, here));
            let difference = Difference::new(plugin, format!("{prefix}key {name}"), theirs.cloned(), ours.cloned());
            found.push(Difference { only_numbers, ..difference });
        }
    }
}

/// Whether the texts of two lists are the same but for numbers, each with its counterpart.
fn have_same_words(there: &[Json], here: &[Json]) -> bool {
    there.len() == here.len()
        && there.iter().zip(here).all(|(there, here)| {
            let texts = there.as_str().zip(here.as_str());
            there == here || texts.is_some_and(|(there, here)| differ_in_numbers_only(there, here))
        })
}

/// Whether two parameters have the same value: 1 is 1.0, and 1e16 is 1e+16.
fn are_equal(there: &Json, here: &Json) -> bool {
    match (there, here) {
        (Json::Number(there), Json::Number(here)) => {
            let is_float = |number: &Number| number.to_string().contains(['.', 'e', 'E']);
            let as_floats = there.as_f64().zip(here.as_f64());
            there == here
                || ((is_float(there) || is_float(here))
                    && as_floats.is_some_and(|(there, here)| there.total_cmp(&here).is_eq()))
        }
        (Json::Array(there), Json::Array(here)) => {
            there.len() == here.len() && there.iter().zip(here).all(|(there, here)| are_equal(there, here))
        }
        (Json::Object(there), Json::Object(here)) => {
            let is_same = |(name, value)| here.get(name).is_some_and(|other| are_equal(value, other));
            there.len() == here.len() && there.iter().all(is_same)
        }
        _ => there == here,
    }
}

/// The names of both, those of the first in its order.
fn names<'a>(first: &'a Map<String, Json>, second: &'a Map<String, Json>) -> Vec<&'a String> {
    first.keys().chain(second.keys().filter(|name| !first.contains_key(*name))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rows(found: &[Difference]) -> Vec<String> {
        let shown = |value: &Option<Json>| value.as_ref().map_or_else(|| "-".to_owned(), Json::to_string);
        found
            .iter()
            .map(|it| format!("{}: {} {} {}", it.what, shown(&it.there), shown(&it.here), it.only_numbers))
            .collect()
    }

    #[test]
    fn results_are_compared_part_by_part() {
        let messages = |info: &[&str]| json!({"info": info, "warn": [], "error": []});
        let there = json!({"status": "OK", "messages": messages(&["up 3 days"]), "lastRun": "then", "componentResults": {
            "a": {"status": "OK", "messages": null}, "b": {"status": "OK", "messages": null}}});
        let here = json!({"status": "WARN", "messages": messages(&["up 4 days"]), "componentResults": {
            "c": {"status": "OK", "messages": null}, "a": {"status": "OK", "messages": messages(&["x"])}}});
        let expected = [
            r#"status: "OK" "WARN" false"#,
            r#"info: ["up 3 days"] ["up 4 days"] true"#,
            r#"component a info: - ["x"] false"#,
            r#"component b: "OK" - false"#,
            r#"component c: - "OK" false"#,
        ];
        assert_eq!(rows(&of_results("p", &there, &here, false)), expected);
        let none = json!({"status": "OK", "messages": null, "componentResults": {}});
        let empty = json!({"status": "OK", "messages": messages(&[]), "componentResults": null});
        assert_eq!(of_results("p", &none, &empty, false), []);
    }

    #[test]
    fn own_keys_and_actions_are_compared() {
        let result = |port: Json, value: Json, action: &str| {
            json!({"status": "OK", "messages": null, "duration": 1, "port": port, "action": {"status": action, "messages": null},
                   "componentResults": {"a": {"status": "OK", "messages": null, "name": "a", "value": value}}})
        };
        let (there, here) = (result(json!("x"), json!(5), "OK"), result(json!(null), json!(6), "ERROR"));
        let rows_of = |has_action| rows(&of_results("p", &there, &here, has_action));
        let (port, value) = (r#"key port: "x" null false"#, "component a key value: 5 6 true");
        assert_eq!(rows_of(false), [port, value]);
        assert_eq!(rows_of(true), [port, r#"action status: "OK" "ERROR" false"#, value]);
    }

    #[test]
    fn numbers_of_messages_vary_and_those_of_parameters_do_not() {
        let result = |level: &str, text: &str| json!({"status": "OK", "messages": {level: [text]}});
        let rows_of =
            |there: &str, here: &str, level| rows(&of_results("p", &result(level, there), &result(level, here), false));
        assert_eq!(rows_of("5 users", "6 users", "debug"), [r#"debug: ["5 users"] ["6 users"] true"#]);
        assert_eq!(rows_of("0 users", "6 users", "info"), [r#"info: ["0 users"] ["6 users"] false"#]);
        let here: Parameters = [("A", json!(1)), ("B", json!([{"x": 1e16}])), ("C", json!(10)), ("D", json!("5 s"))]
            .map(|(name, value)| (name.to_owned(), Value::from(value)))
            .into_iter()
            .collect();
        let there: Json =
            serde_json::from_str(r#"{"A": 1.0, "B": [{"x": 1e+16}], "C": 11, "D": "6 s"}"#).expect("an object");
        let found = of_parameters("p", there.as_object().expect("an object"), &here);
        assert_eq!(rows(&found.differences), ["parameter C: 11 10 false", r#"parameter D: "6 s" "5 s" false"#]);
    }

    #[test]
    fn secrets_are_compared_and_not_shown() {
        let here: Parameters = [("Password", "right"), ("Host", "a"), ("New", "b")]
            .map(|(name, value)| (name.to_owned(), Value::Text(value.to_owned())))
            .into_iter()
            .collect();
        let compare = |there: Json| {
            let found = of_parameters("p", there.as_object().expect("an object"), &here);
            (rows(&found.differences), found.masked)
        };
        let new = r#"parameter New: - "b" false"#.to_owned();
        let wrong = r#"parameter Password: "***" "***" false"#.to_owned();
        assert_eq!(compare(json!({"Password": "right", "Host": "a"})), (vec![new.clone()], vec![]));
        assert_eq!(compare(json!({"Password": "***", "Host": "a"})), (vec![new.clone()], vec!["Password".to_owned()]));
        let (rows, masked) = compare(json!({"Password": "other", "Host": "a"}));
        assert_eq!((rows, masked.len()), (vec![wrong, new], 0));
    }
}
