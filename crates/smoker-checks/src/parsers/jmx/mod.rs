//! Parser `smoker.plugins.jmxparser`: what a self-test over JMX gave, as
//! `etc/jmx/JmxCall.java` prints it:
//!
//! ```text
//! {"mbean": "...", "operation": "...", "result": RESULT}
//! {"mbean": "...", "operation": "...", "error": TEXT}
//! ```
//!
//! An answer of Jolokia, `{"request": {...}, "value": RESULT, "status": 200}`, is read as well, and a list of them is
//! a component for each. Any other JSON is taken for the RESULT itself. It means:
//!
//! | RESULT | status |
//! |---|---|
//! | null (nothing returned), true, 0 | OK |
//! | false, any other number, NaN and infinities | ERROR |
//! | text | by its first word, below; the text is the message; JSON inside of a text is read |
//! | object with `status` | that word; `messages` or `message` are the messages |
//! | any other object | a component for each member, judged by these rules |
//! | list of objects with `key` and `value` only | a map, as `MXBean`s show it: a component for each key |
//! | any other list | the worst of its items, each a message of its own level; an empty one is OK |
//!
//! First words, in any case: OK for `ok`, `pass`, `passed`, `success`, `up`,
//! `healthy`, `green`, `true`; WARN for `warn`, `warning`, `degraded`,
//! `yellow`. Any other text is an ERROR, since self-tests list their failures.

mod jolokia;

use serde_json::{Map, Value as Json};
use smoker_model::messages::{Level, Messages};
use smoker_model::plugin::module::ModuleRequest;
use smoker_model::result::Findings;
use smoker_model::status::Status;

use crate::components::{BoundedComponents, level_of, worse};
use crate::json_output;
use crate::parsers::jmx::jolokia::Answer;
use crate::plain_text::plain_text;
use crate::spec::{IGNORE_EXIT, Spec};

const OK_WORDS: [&str; 8] = ["ok", "pass", "passed", "success", "up", "healthy", "green", "true"];
const WARN_WORDS: [&str; 4] = ["warn", "warning", "degraded", "yellow"];

/// The declaration of this built-in.
pub(crate) const fn spec() -> Spec {
    Spec::parser(
        "smoker.plugins.jmxparser",
        "reads the result of a self-test over JMX",
        "messages, or a component for each member of the result",
        &[IGNORE_EXIT],
    )
}

/// Reads the output. It has no parameters.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let document = json_output::read(&request.stdout)?;
    if let Some(answers) = jolokia::answers(&document) {
        return from_jolokia(&answers);
    }
    let call = document.as_object().filter(|object| object.contains_key("mbean"));
    if let Some(error) = call.and_then(|call| call.get("error")) {
        return Ok(plain(&SelfTestVerdict::new(Status::Error, &[plain_text(error)])));
    }
    match call.map(|call| call.get("result")) {
        None => findings(&document),
        Some(Some(result)) => findings(result),
        Some(None) => Err("the output has neither `result` nor `error`".to_owned()),
    }
}

/// One answer is judged as a result of its own, several are components.
fn from_jolokia(answers: &[Answer<'_>]) -> Result<Findings, String> {
    if let [Answer { outcome, .. }] = answers {
        return match outcome {
            Ok(value) => findings(value),
            Err(error) => Ok(Findings::error(error)),
        };
    }
    let mut found = BoundedComponents::default();
    for Answer { name, outcome } in answers {
        let verdict = match outcome {
            Ok(value) => SelfTestVerdict::of(value),
            Err(error) => SelfTestVerdict::new(Status::Error, std::slice::from_ref(error)),
        };
        found.add_new(name, verdict.status, &verdict.messages);
    }
    found.findings()
}

fn findings(result: &Json) -> Result<Findings, String> {
    match result {
        Json::Object(object) if object.contains_key("status") => {
            Findings::parse(object.clone()).or_else(|_| Ok(plain(&SelfTestVerdict::of(result))))
        }
        Json::Object(members) if !members.is_empty() => {
            let mut found = BoundedComponents::default();
            for (name, value) in members {
                let verdict = SelfTestVerdict::of(value);
                found.add(name, verdict.status, &verdict.messages);
            }
            found.findings()
        }
        Json::Array(rows) if !rows.is_empty() && rows.iter().all(|row| entry(row).is_some()) => {
            let mut found = BoundedComponents::default();
            for (key, value) in rows.iter().filter_map(entry) {
                let verdict = SelfTestVerdict::of(value);
                found.add_new(&plain_text(key), verdict.status, &verdict.messages);
            }
            found.findings()
        }
        Json::String(text) => match json_output::read(text) {
            Ok(inside @ (Json::Object(_) | Json::Array(_))) => findings(&inside),
            // Its first word would be that of a part.
            Err(reason) if begins_as_json(text) => Ok(Findings::error(&format!("{reason}\n{text}"))),
            _ => Ok(plain(&SelfTestVerdict::of(result))),
        },
        other => Ok(plain(&SelfTestVerdict::of(other))),
    }
}

fn plain(verdict: &SelfTestVerdict) -> Findings {
    Findings::new(verdict.status, verdict.messages.clone())
}

/// Key and value of an object that has nothing else: a row of a map.
fn entry(row: &Json) -> Option<(&Json, &Json)> {
    let row = row.as_object().filter(|row| row.len() == 2)?;
    Some((row.get("key")?, row.get("value")?))
}

/// Whether a text is meant as JSON; `[WARNING] slow` is not.
fn begins_as_json(text: &str) -> bool {
    let text = text.trim_start();
    let inside = text.strip_prefix('[').map(str::trim_start);
    text.starts_with('{') || inside.is_some_and(|inside| inside.starts_with(['"', '{', '[']))
}

/// The status and the messages that a value stands for.
struct SelfTestVerdict {
    status: Status,
    messages: Messages,
}

impl SelfTestVerdict {
    fn of(value: &Json) -> Self {
        let of_flag = |works: bool| if works { Status::Ok } else { Status::Error };
        let text = plain_text(value);
        match value {
            Json::Null => Self::new(Status::Ok, &[]),
            Json::Bool(works) => Self::new(of_flag(*works), &[text]),
            Json::Number(number) => Self::new(of_flag(number.as_f64() == Some(0.0)), &[text]),
            Json::String(words) => Self::new(of_text(words), &[text]),
            Json::Array(items) => Self::of_all(items.iter()),
            Json::Object(members) => match (members.get("status").and_then(Json::as_str), entry(value)) {
                (Some(status), _) => Self::new(
                    of_text(status),
                    &messages_of(members)
                        .filter(|texts| texts.iter().any(|text| !text.trim().is_empty()))
                        .unwrap_or_else(|| vec![text]),
                ),
                // It is asked for and not known.
                (None, _) if members.get("status").is_some_and(Json::is_null) => {
                    Self::new(Status::Error, &messages_of(members).unwrap_or_else(|| vec!["status is null".to_owned()]))
                }
                (None, Some((key, value))) => Self::of(value).about(&plain_text(key)),
                (None, None) => Self::of_all(members.values()),
            },
        }
    }

    fn new(status: Status, texts: &[String]) -> Self {
        let mut messages = Messages::new();
        for text in texts {
            // A failure always has a reason.
            let is_silent = status != Status::Ok && text.trim().is_empty();
            messages.add(level_of(status), if is_silent { "empty text" } else { text });
        }
        Self { status, messages }
    }

    /// The worst status, and the messages of each at its own level.
    fn of_all<'a>(values: impl Iterator<Item = &'a Json>) -> Self {
        let mut all = Self::new(Status::Ok, &[]);
        for one in values.map(Self::of) {
            all.status = worse(all.status, one.status);
            for level in Level::ALL {
                one.messages.level(level).for_each(|text| all.messages.add(level, text));
            }
        }
        all
    }

    /// The same with a name before each message.
    fn about(self, name: &str) -> Self {
        let mut messages = Messages::new();
        for level in Level::ALL {
            self.messages.level(level).for_each(|text| messages.add(level, &format!("{name}: {text}")));
        }
        Self { messages, ..self }
    }
}

fn of_text(text: &str) -> Status {
    let first = text.split(|c: char| !c.is_alphanumeric()).find(|word| !word.is_empty()).unwrap_or_default();
    let first = first.to_lowercase();
    if OK_WORDS.contains(&first.as_str()) {
        Status::Ok
    } else if WARN_WORDS.contains(&first.as_str()) {
        Status::Warn
    } else {
        Status::Error
    }
}

/// The messages that stand beside a status.
fn messages_of(members: &Map<String, Json>) -> Option<Vec<String>> {
    let messages = members.get("messages").or_else(|| members.get("message")).filter(|messages| !messages.is_null())?;
    Some(match messages {
        Json::Array(items) => items.iter().map(plain_text).collect(),
        Json::Object(levels) => levels.values().filter_map(Json::as_array).flatten().map(plain_text).collect(),
        single => vec![plain_text(single)],
    })
}

#[cfg(test)]
mod tests {
    use crate::test_request::parser;
    use serde_json::json;

    use super::*;

    fn read(document: &Json) -> Findings {
        run(&parser(&document.to_string(), Some(0), json!({}))).expect("findings")
    }

    #[test]
    fn every_kind_of_result_has_its_status() {
        let cases = [
            (json!(null), Status::Ok, ""),
            (json!(true), Status::Ok, "true"),
            (json!(false), Status::Error, "false"),
            (json!(0), Status::Ok, "0"),
            (json!(3), Status::Error, "3"),
            (json!("OK: all fine"), Status::Ok, "OK: all fine"),
            (json!("[WARNING] slow"), Status::Warn, "[WARNING] slow"),
            (json!("no database"), Status::Error, "no database"),
            (json!([]), Status::Ok, ""),
            (json!(""), Status::Error, "empty text"),
            (json!(["ok", " "]), Status::Error, "ok|empty text"),
            (json!({"status": "DOWN", "message": ""}), Status::Error, r#"{"status":"DOWN","message":""}"#),
            (json!(["ok", "warning"]), Status::Warn, "ok|warning"),
            (json!({"status": "degraded", "message": "half"}), Status::Warn, "half"),
            (json!({"status": null}), Status::Error, "status is null"),
            (json!({"status": null, "message": "starting"}), Status::Error, "starting"),
            (json!({"status": "OK", "messages": ["a", "b"]}), Status::Ok, "a|b"),
            (json!("{\"status\": \"DOWN\"}"), Status::Error, "{\"status\":\"DOWN\"}"),
        ];
        for (result, status, text) in cases {
            for document in [json!({"mbean": "m", "operation": "o", "result": result}), result.clone()] {
                let findings = read(&document);
                let messages = findings.messages.unwrap_or_default();
                let texts: Vec<_> = Level::ALL.iter().flat_map(|level| messages.level(*level)).collect();
                assert_eq!((findings.status, texts.join("|")), (status, text.to_owned()), "{document}");
            }
        }
    }

    #[test]
    fn a_number_that_is_not_finite_is_an_error_that_shows_it() {
        let shown = |text: &str| {
            let found = run(&parser(text, Some(0), json!({}))).expect("findings");
            let component = found.component_results.map(|all| all.as_json()["heap"]["messages"]["error"].clone());
            let errors: Vec<_> =
                found.messages.iter().flat_map(|messages| messages.level(Level::Error)).map(str::to_owned).collect();
            (found.status, component.unwrap_or_else(|| json!(errors)))
        };
        for number in ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"] {
            for text in [
                number.to_owned(),
                format!("[{number}, 0]"),
                format!("{{\"heap\": {number}, \"errors\": 0}}"),
                format!("{{\"request\": {{}}, \"value\": {number}, \"status\": 200}}"),
                format!("{{\"mbean\": \"m\", \"result\": \"[{number}]\"}}"),
            ] {
                assert_eq!(shown(&text), (Status::Error, json!([number])), "{text}");
            }
        }
        assert_eq!(shown(r#"{"mbean": "m", "error": ""}"#), (Status::Error, json!(["empty text"])));
    }

    #[test]
    fn each_item_of_a_list_is_a_message_of_its_own_level() {
        let findings = read(&json!({"mbean": "m", "result": ["ok one", "no database", "warn: slow"]}));
        let messages = findings.messages.unwrap_or_default();
        let of = |level| messages.level(level).collect::<Vec<_>>();
        assert_eq!(of(Level::Info), ["ok one"]);
        assert_eq!(of(Level::Warn), ["warn: slow"]);
        assert_eq!(of(Level::Error), ["no database"]);
    }

    #[test]
    fn answers_of_jolokia_are_read() {
        let request = json!({"type": "exec", "mbean": "app:type=Health", "operation": "selfTest"});
        let good = json!({"request": request, "value": "ok", "timestamp": 1, "status": 200});
        let bad = json!({"request": request, "value": "no database", "timestamp": 1, "status": 200});
        let failed = json!({"request": request, "error_type": "javax.management.InstanceNotFoundException", "status": 404,
            "error": "javax.management.InstanceNotFoundException : app:type=Health", "stacktrace": "at ..."});
        for (answer, status, text) in [
            (&good, Status::Ok, "ok"),
            (&bad, Status::Error, "no database"),
            (&failed, Status::Error, "javax.management.InstanceNotFoundException : app:type=Health (status 404)"),
            (&json!({"request": request, "status": 200}), Status::Error, "the answer has no value (status 200)"),
        ] {
            let found = read(answer);
            let messages = found.messages.unwrap_or_default();
            let texts: Vec<_> = Level::ALL.iter().flat_map(|level| messages.level(*level)).collect();
            assert_eq!((found.status, texts), (status, vec![text]), "{answer}");
        }
        let list = read(&json!([good, failed]));
        let components = list.component_results.expect("components");
        let names: Vec<_> =
            components.as_json().iter().map(|(name, part)| format!("{name} {}", part["status"])).collect();
        let name = "app:type=Health selfTest";
        assert_eq!(
            (list.status, names),
            (Status::Error, vec![format!("{name} \"OK\""), format!("{name} (2) \"ERROR\"")])
        );
    }

    #[test]
    fn rows_of_key_and_value_are_components() {
        let rows = json!([{"key": "db", "value": true}, {"key": "net", "value": "down"}]);
        let findings = read(&json!({"mbean": "m", "result": rows}));
        let components = findings.component_results.expect("components");
        assert_eq!((components.as_json()["db"]["status"].as_str(), findings.status), (Some("OK"), Status::Error));
        let nested = read(&json!({"part": rows})).component_results.expect("components");
        assert_eq!(nested.as_json()["part"]["messages"]["error"], json!(["net: down"]));
        assert_eq!(nested.as_json()["part"]["messages"]["info"], json!(["db: true"]));
    }

    #[test]
    fn odd_text_costs_no_verdict() {
        let read = |text: &str| run(&parser(text, Some(0), json!({})));
        let half = read(r#"{"mbean": "m", "result": "ok \ud83d"}"#).expect("findings");
        assert_eq!((half.status, half.messages), (Status::Ok, Some(Messages::of(Level::Info, "ok \u{fffd}"))));
        let cut = read(r#"{"mbean": "m", "result": "[\"ok\", \"no data"}"#).expect("findings");
        assert_eq!(cut.status, Status::Error);
        assert!(read(r#"{"mbean": "m"}"#).is_err());
    }

    #[test]
    fn members_become_components_and_errors_are_reported() {
        let findings = read(&json!({"mbean": "m", "result": {"db": true, "queue": {"status": "warn"}, "net": "down"}}));
        let components = findings.component_results.expect("components");
        let statuses: Vec<_> =
            components.as_json().iter().map(|(name, part)| format!("{name} {}", part["status"])).collect();
        assert_eq!(statuses, ["db \"OK\"", "queue \"WARN\"", "net \"ERROR\""]);
        assert_eq!(findings.status, Status::Error);
        let failed = read(&json!({"mbean": "m", "operation": "o", "error": "Connection refused"}));
        assert_eq!(
            (failed.status, failed.messages),
            (Status::Error, Some(Messages::of(Level::Error, "Connection refused")))
        );
    }
}
