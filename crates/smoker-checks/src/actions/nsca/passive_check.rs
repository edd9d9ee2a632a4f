//! A result becomes a return code and a text.

use serde_json::{Map, Value as Json};
use smoker_model::status::Status;

use smoker_model::plugin::module::ModuleRequest;

/// Which side escapes the line breaks and backslashes of a text for the command pipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Escaping {
    /// The NSCA daemon, which does so from 2.10.2 on.
    ByDaemon,
    /// This side, as `send_nsca` of 2.9 did.
    Here,
}

/// A passive check result, as Nagios calls a result that is sent to it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PassiveCheck {
    pub(crate) status: Status,
    /// All messages, the gravest first, a line each.
    pub(crate) text: String,
}

impl PassiveCheck {
    /// Reads the result that the action follows.
    pub(crate) fn of(request: &ModuleRequest, escaping: Escaping) -> Result<Self, String> {
        let result = request.result.as_ref().ok_or("there is no result to send: nsca runs as an action only")?;
        let status = result.get("status").and_then(Json::as_str).and_then(Status::of_result);
        let status = status.ok_or("the result to send has no status")?;
        let mut lines = lines(result.get("messages"));
        let components = result.get("componentResults").and_then(Json::as_object);
        let mut components: Vec<_> = components.into_iter().flatten().collect();
        components.sort_by_key(|(_, component)| rank(component));
        for (name, component) in components {
            let state = component.get("status").and_then(Json::as_str).unwrap_or_default();
            let texts = self::lines(component.get("messages")).join("; ");
            lines.push(if texts.is_empty() { format!("{name}: {state}") } else { format!("{name}: {state}, {texts}") });
        }
        if lines.is_empty() {
            lines.push(status.to_string());
        }
        let lines = lines.iter().flat_map(|text| text.split('\n')).map(without_controls);
        let text = match escaping {
            Escaping::ByDaemon => lines
                .enumerate()
                .map(|(at, line)| if at == 0 { line } else { no_command(line) })
                .collect::<Vec<_>>()
                .join("\n"),
            Escaping::Here => lines.map(|line| line.replace('\\', "\\\\")).collect::<Vec<_>>().join("\\n"),
        };
        Ok(Self { status, text })
    }

    /// The return code of a monitoring plugin.
    pub(crate) fn return_code(&self) -> u16 {
        match self.status {
            Status::Ok => 0,
            Status::Warn => 1,
            Status::Error => 2,
            Status::Unknown => 3,
        }
    }
}

/// The place of a component: the gravest first, since Nagios shows the first line.
fn rank(component: &Json) -> usize {
    let status = component.get("status").and_then(Json::as_str);
    ["ERROR", "WARN"].iter().position(|grave| status == Some(grave)).unwrap_or(2)
}

fn lines(messages: Option<&Json>) -> Vec<String> {
    let empty = Map::new();
    let messages = messages.and_then(Json::as_object).unwrap_or(&empty);
    let levels = ["error", "warn", "info"].iter().filter_map(|level| messages.get(*level)?.as_array());
    levels.flatten().filter_map(Json::as_str).map(str::to_owned).collect()
}

fn without_controls(line: &str) -> String {
    line.replace(|c: char| c.is_control(), " ")
}

/// A line that Nagios does not take for a command of its own, which begin
/// with `[`: daemons before 2.10.2 write line breaks into its pipe unescaped.
fn no_command(line: String) -> String {
    match line.trim_start().strip_prefix('[') {
        Some(rest) => format!("({rest}"),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::test_request::plugin;

    use super::*;

    fn check(result: &Json, escaping: Escaping) -> PassiveCheck {
        let mut request = plugin("nsca", json!({}));
        request.result = result.as_object().cloned();
        PassiveCheck::of(&request, escaping).expect("a check")
    }

    #[test]
    fn messages_are_joined_the_gravest_first() {
        let messages = json!({"info": ["fine"], "error": ["C:\\x", "a\nb"], "warn": ["tab\there"]});
        let result = json!({"status": "ERROR", "messages": messages, "componentResults": null});
        let for_daemon = check(&result, Escaping::ByDaemon);
        assert_eq!(for_daemon.text, "C:\\x\na\nb\ntab here\nfine");
        assert_eq!(for_daemon.return_code(), 2);
        assert_eq!(check(&result, Escaping::Here).text, "C:\\\\x\\na\\nb\\ntab here\\nfine");
    }

    #[test]
    fn no_line_becomes_a_command_of_nagios() {
        let messages = json!({"info": ["[1] first", "  [2] SHUTDOWN_PROGRAM\n[3] X"], "error": [], "warn": []});
        let check = check(&json!({"status": "OK", "messages": messages}), Escaping::ByDaemon);
        assert_eq!(check.text, "[1] first\n(2] SHUTDOWN_PROGRAM\n(3] X");
    }

    #[test]
    fn components_follow_and_silence_is_the_status() {
        let part =
            |status: &str, info: Json| json!({"status": status, "messages": {"info": info, "error": [], "warn": []}});
        let components = json!({"a": part("OK", json!([])), "b": part("WARN", json!(["x", "y"]))});
        let of = |result| check(&result, Escaping::ByDaemon);
        let check = of(json!({"status": "WARN", "messages": null, "componentResults": components}));
        assert_eq!((check.text.as_str(), check.return_code()), ("b: WARN, x; y\na: OK", 1));
        let silent = of(json!({"status": "OK", "messages": null}));
        assert_eq!((silent.text.as_str(), silent.return_code()), ("OK", 0));
    }
}
