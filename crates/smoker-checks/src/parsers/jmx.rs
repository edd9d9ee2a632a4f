//! Parser `smoker.plugins.jmxparser`: what a self-test over JMX gave, as
//! `etc/jmx/JmxCall.java` prints it:
//!
//! ```text
//! {"mbean": "...", "operation": "...", "result": RESULT}
//! {"mbean": "...", "operation": "...", "error": TEXT}
//! ```
//!
//! Any other JSON is taken for the RESULT itself. It means:
//!
//! | RESULT | status |
//! |---|---|
//! | null (nothing returned), true, 0 | OK |
//! | false, any other number | ERROR |
//! | text | by its first word, below; the text is the message; JSON inside of a text is read |
//! | object with `status` | that word; `messages` or `message` are the messages |
//! | any other object | a component for each member, judged by these rules |
//! | list | the worst of its items; an empty one is OK |
//!
//! First words, in any case: OK for `ok`, `pass`, `passed`, `success`, `up`,
//! `healthy`, `green`, `true`; WARN for `warn`, `warning`, `degraded`,
//! `yellow`. Any other text is an ERROR, since self-tests list their failures.

use serde_json::{Map, Value as Json};
use smoker_model::messages::Messages;
use smoker_model::module::{ModuleKind, ModuleRequest};
use smoker_model::result::Findings;
use smoker_model::status::Status;

use crate::components::{BoundedComponents, level_of, worse};
use crate::json_output;
use crate::plain_text::plain_text;
use crate::spec::{IGNORE_EXIT, Spec};

const OK_WORDS: [&str; 8] = ["ok", "pass", "passed", "success", "up", "healthy", "green", "true"];
const WARN_WORDS: [&str; 4] = ["warn", "warning", "degraded", "yellow"];

/// The declaration of this built-in.
pub(crate) const fn spec() -> Spec {
    Spec {
        name: "smoker.plugins.jmxparser",
        kind: ModuleKind::Parser,
        meaning: "reads the result of a self-test over JMX",
        output: "messages, or a component for each member of the result",
        parameters: &[IGNORE_EXIT],
        needs_child: false,
        is_original: false,
    }
}

/// Reads the output. It has no parameters.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let document = json_output::read(&request.stdout)?;
    let call = document.as_object().filter(|object| object.contains_key("mbean"));
    if let Some(error) = call.and_then(|call| call.get("error")) {
        return Ok(Findings::error(&plain_text(error)));
    }
    let result = call.map_or(&document, |call| call.get("result").unwrap_or(&Json::Null));
    findings(result)
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
                found.add(name, verdict.status, &verdict.messages());
            }
            found.findings()
        }
        Json::String(text) => match json_output::read(text) {
            Ok(inside @ (Json::Object(_) | Json::Array(_))) => findings(&inside),
            _ => Ok(plain(&SelfTestVerdict::of(result))),
        },
        other => Ok(plain(&SelfTestVerdict::of(other))),
    }
}

fn plain(verdict: &SelfTestVerdict) -> Findings {
    Findings::new(verdict.status, verdict.messages())
}

/// The status and the messages that a value stands for.
struct SelfTestVerdict {
    status: Status,
    texts: Vec<String>,
}

impl SelfTestVerdict {
    fn of(value: &Json) -> Self {
        let of_flag = |works: bool| if works { Status::Ok } else { Status::Error };
        let text = plain_text(value);
        match value {
            Json::Null => Self { status: Status::Ok, texts: Vec::new() },
            Json::Bool(works) => Self { status: of_flag(*works), texts: vec![text] },
            Json::Number(number) => Self { status: of_flag(number.as_f64() == Some(0.0)), texts: vec![text] },
            Json::String(words) => Self { status: of_text(words), texts: vec![text] },
            Json::Array(items) => Self::of_all(items.iter()),
            Json::Object(members) => match members.get("status").and_then(Json::as_str) {
                Some(status) => {
                    Self { status: of_text(status), texts: messages_of(members).unwrap_or_else(|| vec![text]) }
                }
                None => Self::of_all(members.values()),
            },
        }
    }

    fn of_all<'a>(values: impl Iterator<Item = &'a Json>) -> Self {
        values.map(Self::of).fold(Self { status: Status::Ok, texts: Vec::new() }, |mut all, one| {
            all.status = worse(all.status, one.status);
            all.texts.extend(one.texts);
            all
        })
    }

    fn messages(&self) -> Messages {
        let mut messages = Messages::new();
        self.texts.iter().for_each(|text| messages.add(level_of(self.status), text));
        messages
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
    use serde_json::json;
    use smoker_model::messages::Level;

    use crate::test_request::parser;

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
            (json!(["ok", "warning"]), Status::Warn, "ok|warning"),
            (json!({"status": "degraded", "message": "half"}), Status::Warn, "half"),
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
    fn members_become_components_and_errors_are_told() {
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
