//! Parser `json`: any JSON that a command prints, judged by parameters.
//!
//! # Layout
//!
//! - `path`: finds a value in JSON
//! - `threshold`: ranges as monitoring plugins have them
//!
//! A path is keys and list positions with dots between them
//! (`nodes.0.state`), or a list of them where a key holds a dot itself.

mod path;
mod threshold;

use serde_json::Value as Json;
use smoker_model::messages::{Level, Messages};
use smoker_model::notation::python_text;
use smoker_model::plugin::module::ModuleRequest;
use smoker_model::result::{ComponentResults, Findings};
use smoker_model::status::Status;
use smoker_model::suggest;
use smoker_model::value::Value;

use crate::components::{level_of, worse};
use crate::json_output;
use crate::measure::comparison::LARGEST_EXACT;
use crate::measure::decimal::Decimal;
use crate::parameters::{Parameters, texts_of, wrong};
use crate::parsers::json::path::JsonPath;
use crate::parsers::json::threshold::Threshold;
use crate::plain_text::plain_text;
use crate::spec::{Absence, IGNORE_EXIT, ParameterSpec, ParameterType, Spec};

const OK_WORDS: [&str; 8] = ["ok", "up", "green", "healthy", "pass", "passing", "success", "running"];
const WARN_WORDS: [&str; 4] = ["warn", "warning", "yellow", "degraded"];

const PARAMETERS: &[ParameterSpec] = &[
    ParameterSpec {
        name: "JsonStatus",
        accepts: ParameterType::Custom {
            form: "path of a value",
            read: |name, value| JsonPath::of(name, value).map(drop),
        },
        absence: Absence::FailsWithoutOther,
        meaning: "the value that has the status",
    },
    ParameterSpec {
        name: "JsonValues",
        accepts: ParameterType::Custom {
            form: "mapping of names to `{Path, Warn, Error}`",
            read: |_, value| rules_of(value).map(drop),
        },
        absence: Absence::FailsWithoutOther,
        meaning: "numbers to compare with ranges, a component each",
    },
    ParameterSpec {
        name: "JsonOk",
        accepts: ParameterType::Any,
        absence: Absence::Default(
            "`ok`, `up`, `green`, `healthy`, `pass`, `passing`, `success`, `running` in any case, and true",
        ),
        meaning: "the value of `JsonStatus`, or a list of values, that means OK",
    },
    ParameterSpec {
        name: "JsonWarn",
        accepts: ParameterType::Any,
        absence: Absence::Default("`warn`, `warning`, `yellow`, `degraded` in any case"),
        meaning: "the value of `JsonStatus`, or a list of values, that means WARN; any other is an ERROR",
    },
    ParameterSpec {
        name: "JsonMessage",
        accepts: ParameterType::Custom {
            form: "path or list of paths",
            read: |_, value| message_paths_of(value).map(drop),
        },
        absence: Absence::Default("none"),
        meaning: "values that become messages",
    },
    IGNORE_EXIT,
];

/// The declaration of this built-in.
pub(crate) const fn spec() -> Spec {
    Spec::parser(
        "json",
        "reads any JSON and judges it by parameters",
        "messages, and a component for each of `JsonValues`",
        PARAMETERS,
    )
}

/// Reads the output.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let parameters = Parameters::of(request);
    let document = json_output::read(&request.stdout)?;
    let has_values =
        parameters.get("JsonValues").is_some_and(|values| values.as_object().is_none_or(|rules| !rules.is_empty()));
    if parameters.get("JsonStatus").is_none() && !has_values {
        return Err("neither JsonStatus nor JsonValues is set: the parser json needs one of them".to_owned());
    }
    let mut messages = Messages::new();
    let status = status(parameters, &document, &mut messages)?;
    let components = values(parameters, &document)?;
    let status = worse(status, components.overall_status().unwrap_or(Status::Ok));
    add_messages(parameters, &document, level_of(status), &mut messages)?;
    let mut findings = Findings::new(status, messages);
    findings.component_results = Some(components).filter(|components| !components.as_json().is_empty());
    Ok(findings)
}

fn status(parameters: Parameters<'_>, document: &Json, messages: &mut Messages) -> Result<Status, String> {
    let Some(path) = parameters.get("JsonStatus") else {
        return Ok(Status::Ok);
    };
    let path = JsonPath::of("JsonStatus", path)?;
    let Some(found) = path.find(document) else {
        messages.add(Level::Error, &format!("{path} is missing in the output"));
        return Ok(Status::Error);
    };
    let is_among = |name: &str, words: &[&str]| match parameters.get(name) {
        Some(Json::Array(wanted)) => wanted.iter().any(|wanted| is_same(wanted, found)),
        Some(wanted) => is_same(wanted, found),
        None => found.as_str().is_some_and(|found| words.contains(&found.to_lowercase().as_str())),
    };
    let is_default = parameters.get("JsonOk").is_none();
    let is_true = is_default && *found == Json::Bool(true);
    // What is configured comes before what is not.
    let is_set_to_warn = is_default && is_among("JsonWarn", &[]);
    let status = if !is_set_to_warn && (is_true || is_among("JsonOk", &OK_WORDS)) {
        Status::Ok
    } else if is_set_to_warn || is_among("JsonWarn", &WARN_WORDS) {
        Status::Warn
    } else {
        Status::Error
    };
    messages.add(level_of(status), &format!("{path}: {}", plain_text(found)));
    Ok(status)
}

/// Whether both are the same. To Python 0 is false and 1 is true; `JsonOk: 0` means a number, such as an exit status.
fn is_same(wanted: &Json, found: &Json) -> bool {
    if let (Json::Number(_), Json::Number(_)) = (wanted, found) {
        return number(wanted).is_some_and(|wanted| number(found) == Some(wanted));
    }
    wanted.is_boolean() == found.is_boolean() && Value::from(wanted.clone()).equals_json(found)
}

/// How the number at a path is judged.
struct Rule<'a> {
    name: &'a str,
    path: JsonPath,
    warn: Threshold,
    error: Threshold,
}

/// The keys of a rule.
const RULE_KEYS: [&str; 3] = ["Path", "Warn", "Error"];

/// The rules of `JsonValues`.
fn rules_of(value: &Json) -> Result<Vec<Rule<'_>>, String> {
    let Json::Object(rules) = value else {
        return Err(wrong("JsonValues", "a mapping of names to {Path, Warn, Error}", value));
    };
    let mut read = Vec::with_capacity(rules.len());
    for (name, rule) in rules {
        if let Some(key) = rule.as_object().and_then(|rule| rule.keys().find(|key| !RULE_KEYS.contains(&key.as_str())))
        {
            return Err(unknown_key(name, key));
        }
        let path = JsonPath::of(&format!("JsonValues.{name}.Path"), rule.get("Path").unwrap_or(rule))?;
        let threshold = |kind: &str| Threshold::of(&format!("JsonValues.{name}.{kind}"), rule.get(kind));
        read.push(Rule { name, path, warn: threshold("Warn")?, error: threshold("Error")? });
    }
    Ok(read)
}

/// A key that is not read could be a limit that is never compared.
fn unknown_key(rule: &str, key: &str) -> String {
    let lower = key.to_lowercase();
    let is_critical = lower.starts_with("crit");
    let meant = RULE_KEYS.into_iter().find(|known| lower.starts_with(&known.to_lowercase()));
    let meant = meant.or_else(|| suggest::near(key, &RULE_KEYS)).or(is_critical.then_some("Error"));
    let hint = meant.map_or_else(String::new, |meant| format!(" (is {meant} meant?)"));
    format!("JsonValues.{rule}.{key} is none of Path, Warn and Error{hint}")
}

/// The paths of `JsonMessage`.
fn message_paths_of(value: &Json) -> Result<Vec<JsonPath>, String> {
    texts_of("JsonMessage", value)?.into_iter().map(|path| JsonPath::of("JsonMessage", &Json::String(path))).collect()
}

fn values(parameters: Parameters<'_>, document: &Json) -> Result<ComponentResults, String> {
    let mut components = ComponentResults::new();
    let rules = parameters.get("JsonValues").map(rules_of).transpose()?.unwrap_or_default();
    for Rule { name, path, warn, error } in rules {
        let (status, text) = match path.find(document).map(|found| (found, number(found))) {
            None => (Status::Error, format!("{path} is missing in the output")),
            Some((found, None)) => (Status::Error, format!("{path} is no number: {}", plain_text(found))),
            Some((_, Some(number))) => {
                let is_exact = !number.is_whole() || number.nearest().abs() < LARGEST_EXACT;
                let text = if is_exact { python_text::float(number.nearest()) } else { number.to_string() };
                match (error.alerts(&number), warn.alerts(&number)) {
                    (true, _) => (Status::Error, format!("{text}, Error: {error}")),
                    (false, true) => (Status::Warn, format!("{text}, Warn: {warn}")),
                    (false, false) => (Status::Ok, text),
                }
            }
        };
        components.add(name, status, &Messages::of(level_of(status), &text));
    }
    Ok(components)
}

fn add_messages(
    parameters: Parameters<'_>,
    document: &Json,
    level: Level,
    messages: &mut Messages,
) -> Result<(), String> {
    let paths = parameters.get("JsonMessage").map(message_paths_of).transpose()?.unwrap_or_default();
    for path in paths {
        match path.find(document) {
            None | Some(Json::Null) => {}
            Some(Json::Array(items)) => items.iter().for_each(|item| messages.add(level, &plain_text(item))),
            Some(found) => messages.add(level, &plain_text(found)),
        }
    }
    Ok(())
}

/// A number, also one that the document writes as text.
fn number(value: &Json) -> Option<Decimal> {
    match value {
        Json::Number(number) => Decimal::parse(&number.to_string()),
        Json::String(text) => Decimal::parse(text.trim()),
        _ => None,
    }
}

/// Each of `JsonValues` whose `Warn` never shows, since all that it reports its `Error` reports already.
pub(crate) fn warn_without_effect(value: &Json) -> Vec<String> {
    let rules = rules_of(value).unwrap_or_default();
    rules.iter().filter(|rule| rule.warn.is_covered_by(&rule.error)).map(|rule| rule.name.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::test_request::parser;

    use super::*;

    fn read(document: &Json, parameters: Json) -> Result<Findings, String> {
        run(&parser(&document.to_string(), Some(0), parameters))
    }

    fn texts(findings: &Findings) -> Vec<&str> {
        let messages = findings.messages.as_ref();
        messages
            .into_iter()
            .flat_map(|all| Level::ALL.map(|level| all.level(level).collect::<Vec<_>>()).concat())
            .collect()
    }

    #[test]
    fn the_status_is_found_by_its_path_and_words() {
        let cases = [
            (json!({"status": "green"}), json!({"JsonStatus": "status"}), Status::Ok, "status: green"),
            (json!({"status": "Yellow"}), json!({"JsonStatus": "status"}), Status::Warn, "status: Yellow"),
            (json!({"status": "red"}), json!({"JsonStatus": "status"}), Status::Error, "status: red"),
            (json!({"up": true}), json!({"JsonStatus": "up"}), Status::Ok, "up: true"),
            (json!([{"s": 2}]), json!({"JsonStatus": "0.s", "JsonOk": [1, 2]}), Status::Ok, "0.s: 2"),
            (json!({"s": "ok"}), json!({"JsonStatus": "s", "JsonOk": "fine"}), Status::Error, "s: ok"),
            (json!({"a.b": 0}), json!({"JsonStatus": ["a.b"], "JsonOk": 0}), Status::Ok, "a.b: 0"),
            (json!({"s": true}), json!({"JsonStatus": "s", "JsonWarn": true}), Status::Warn, "s: true"),
            (json!({"s": "ok"}), json!({"JsonStatus": "s", "JsonWarn": ["ok", 3]}), Status::Warn, "s: ok"),
            (json!({"s": "up"}), json!({"JsonStatus": "s", "JsonWarn": "ok"}), Status::Ok, "s: up"),
            (json!({"s": 1}), json!({"JsonStatus": "s", "JsonOk": 1, "JsonWarn": 1}), Status::Ok, "s: 1"),
            (json!({"s": false}), json!({"JsonStatus": "s", "JsonOk": 0}), Status::Error, "s: false"),
            (json!({"s": 1}), json!({"JsonStatus": "s", "JsonOk": [true]}), Status::Error, "s: 1"),
            (json!({"s": false}), json!({"JsonStatus": "s", "JsonOk": false}), Status::Ok, "s: false"),
            (
                json!({"s": 9_007_199_254_740_993_u64}),
                json!({"JsonStatus": "s", "JsonOk": 9_007_199_254_740_992_u64}),
                Status::Error,
                "s: 9007199254740993",
            ),
            (json!({}), json!({"JsonStatus": "a.b"}), Status::Error, "a.b is missing in the output"),
        ];
        for (document, parameters, status, text) in cases {
            let findings = read(&document, parameters).expect("findings");
            assert_eq!((findings.status, texts(&findings)), (status, vec![text]));
        }
    }

    #[test]
    fn a_name_with_two_values_says_neither() {
        let judged =
            |text: &str, path: &str| run(&parser(text, Some(0), json!({"JsonStatus": path}))).expect("findings");
        let twice = judged(r#"{"status": "red", "status": "green"}"#, "status");
        let text = r#"status: "red" and "green", since the name is there twice"#;
        assert_eq!((twice.status, texts(&twice)), (Status::Error, vec![text]));
        assert_eq!(judged(r#"{"a": {"s": "red"}, "a": {"s": "up"}}"#, "a.s").status, Status::Error);
        assert_eq!(judged(r#"{"status": "up", "status": "up", "b": 1, "b": 2}"#, "status").status, Status::Ok);
    }

    #[test]
    fn values_become_components_and_are_compared_with_ranges() {
        let document = json!({"queue": {"length": 7}, "age": "12.5", "name": "x", "note": ["one", "two"]});
        let rules = json!({"JsonMessage": ["note", "none"], "JsonValues": {
            "length": {"Path": "queue.length", "Warn": 5, "Error": 10},
            "age": {"Path": "age", "Error": "@10:20"},
            "name": "name",
            "free": {"Path": "queue.length", "Warn": "3:"},
        }});
        let findings = read(&document, rules).expect("findings");
        assert_eq!((findings.status, texts(&findings)), (Status::Error, vec!["one", "two"]));
        let components = findings.component_results.expect("components");
        let shown: Vec<_> = components
            .as_json()
            .iter()
            .map(|(name, part)| format!("{name} {} {}", part["status"], part["messages"]))
            .collect();
        assert_eq!(shown[0], r#"length "WARN" {"info":[],"error":[],"warn":["7.0, Warn: 5"]}"#);
        assert_eq!(shown[1], r#"age "ERROR" {"info":[],"error":["12.5, Error: @10:20"],"warn":[]}"#);
        assert_eq!(shown[2], r#"name "ERROR" {"info":[],"error":["name is no number: x"],"warn":[]}"#);
        assert_eq!(shown[3], r#"free "OK" {"info":["7.0"],"error":[],"warn":[]}"#);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let reason = |parameters| read(&json!({}), parameters).expect_err("wrong");
        for nothing in [json!({}), json!({"JsonValues": {}})] {
            assert!(reason(nothing).starts_with("neither JsonStatus nor JsonValues is set"));
        }
        assert!(reason(json!({"JsonStatus": {}})).starts_with("JsonStatus has to be a path such as a.0.b"));
        assert!(reason(json!({"JsonValues": 1})).starts_with("JsonValues has to be a mapping of names"));
        let range = reason(json!({"JsonValues": {"n": {"Path": "n", "Warn": "high"}}}));
        assert!(range.starts_with("JsonValues.n.Warn has to be a number or a range such as 10:20"), "{range}");
        for (key, meant) in [
            ("Crit", " (is Error meant?)"),
            ("error", " (is Error meant?)"),
            ("Warning", " (is Warn meant?)"),
            ("Wran", " (is Warn meant?)"),
            ("Unit", ""),
        ] {
            let unknown = reason(json!({"JsonValues": {"n": {"Path": "n", key: 5}}}));
            assert!(
                unknown.starts_with(&format!("JsonValues.n.{key} is none of Path, Warn and Error{meant}")),
                "{unknown}"
            );
        }
        let reason = run(&parser("{", Some(0), json!({"JsonStatus": "a"}))).expect_err("no JSON");
        assert!(reason.starts_with("the output is no JSON: "), "{reason}");
    }
}
