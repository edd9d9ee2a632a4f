//! Parser `nagios`: what a monitoring plugin printed, with its exit status.
//!
//! The format is that of the Monitoring Plugins guidelines
//! (<https://www.monitoring-plugins.org/doc/guidelines.html>): a first line
//! `TEXT | PERFORMANCE DATA`, then lines of long text, one of which may hold
//! another `|`, behind which all the rest is performance data.
//!
//! | exit status | status |
//! |---|---|
//! | 0 | OK |
//! | 1 | WARN |
//! | 2 (critical), 3 (unknown), any other, a signal | ERROR |
//!
//! The first line is a message of the level that belongs to the status; long
//! text and performance data are info.

use crate::spec::Spec;
use smoker_model::messages::{Level, Messages};
use smoker_model::module::{ModuleKind, ModuleRequest};
use smoker_model::result::Findings;
use smoker_model::status::Status;

use crate::components::level_of;

/// The declaration of this built-in.
pub(crate) const fn spec() -> Spec {
    Spec {
        name: "nagios",
        kind: ModuleKind::Parser,
        meaning: "reads the output of monitoring plugins",
        output: "messages",
        parameters: &[],
        needs_child: false,
        is_original: false,
    }
}

/// Reads the output. It has no parameters.
#[expect(clippy::unnecessary_wraps, reason = "all parsers of the catalogue have this form")]
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let status = match request.exit_status {
        Some(0) => Status::Ok,
        Some(1) => Status::Warn,
        _ => Status::Error,
    };
    let output = PluginOutput::split(&request.stdout);
    let mut messages = Messages::new();
    messages.add(level_of(status), output.summary);
    messages.add(level_of(status), &request.stderr);
    messages.add(Level::Info, &output.long_text.join("\n"));
    if !output.performance.is_empty() {
        messages.add(Level::Info, &format!("Performance data: {}", output.performance.join(" ")));
    }
    match request.exit_status {
        Some(3) => messages.add(Level::Error, "The plugin says UNKNOWN (exit status 3)"),
        Some(0..=2) => {}
        Some(other) => {
            messages
                .add(Level::Error, &format!("Exit status {other} is none of a monitoring plugin, which has 0 to 3"));
        }
        None => messages.add(Level::Error, "The plugin was ended by a signal"),
    }
    if messages.is_empty() {
        messages.add(level_of(status), "The plugin printed nothing");
    }
    Ok(Findings::new(status, messages))
}

/// A plugin's output in its parts.
#[derive(Debug, Default, PartialEq, Eq)]
struct PluginOutput<'a> {
    summary: &'a str,
    long_text: Vec<&'a str>,
    performance: Vec<&'a str>,
}

impl<'a> PluginOutput<'a> {
    fn split(stdout: &'a str) -> Self {
        let mut lines = stdout.lines();
        let (summary, first_data) = cut(lines.next().unwrap_or_default());
        let mut output = PluginOutput { summary, ..PluginOutput::default() };
        output.performance.extend(first_data);
        let mut in_data = false;
        for line in lines {
            if in_data {
                output.performance.push(line.trim());
                continue;
            }
            let (text, data) = cut(line);
            in_data = data.is_some();
            if !(text.is_empty() && in_data) {
                output.long_text.push(text);
            }
            output.performance.extend(data);
        }
        output.performance.retain(|data| !data.is_empty());
        output
    }
}

/// A line before and behind its `|`.
fn cut(line: &str) -> (&str, Option<&str>) {
    match line.split_once('|') {
        Some((text, data)) => (text.trim(), Some(data.trim())),
        None => (line.trim(), None),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::test_request::parser;

    use super::*;

    fn read(stdout: &str, exit_status: Option<i32>) -> (Status, Json) {
        let findings = run(&parser(stdout, exit_status, json!({}))).expect("findings");
        (findings.status, Json::Object(findings.messages.expect("messages").as_json().clone()))
    }

    #[test]
    fn the_exit_status_decides_and_the_first_line_explains() {
        let warn = json!({"info": [], "error": [], "warn": ["LOAD WARNING"]});
        assert_eq!(read("LOAD WARNING", Some(1)), (Status::Warn, warn));
        let critical = json!({"info": [], "error": ["DISK CRITICAL"], "warn": []});
        assert_eq!(read("DISK CRITICAL", Some(2)), (Status::Error, critical));
        let unknown = json!({"info": [], "error": ["?", "The plugin says UNKNOWN (exit status 3)"], "warn": []});
        assert_eq!(read("?", Some(3)), (Status::Error, unknown));
        assert_eq!(
            read("gone", Some(127)).1["error"][1],
            "Exit status 127 is none of a monitoring plugin, which has 0 to 3"
        );
        assert_eq!(read("", None).1["error"], json!(["The plugin was ended by a signal"]));
        assert_eq!(
            read("", Some(0)),
            (Status::Ok, json!({"info": ["The plugin printed nothing"], "error": [], "warn": []}))
        );
    }

    #[test]
    fn long_text_and_performance_data_are_told_apart() {
        let text = "DISK OK - free space: / 3326 MB (56%); | /=2643MB;5948;5958;0;5968\n\
                    / 15272 MB (77%);\n/boot 68 MB (69%);\n\
                    /var/log 819 MB (84%); | /boot=68MB;88;93;0;98\n/home=69357MB;253404;253409;0;253414";
        let info = json!([
            "DISK OK - free space: / 3326 MB (56%);",
            "/ 15272 MB (77%);",
            "/boot 68 MB (69%);",
            "/var/log 819 MB (84%);",
            "Performance data: /=2643MB;5948;5958;0;5968 /boot=68MB;88;93;0;98 /home=69357MB;253404;253409;0;253414",
        ]);
        assert_eq!(read(text, Some(0)), (Status::Ok, json!({"info": info, "error": [], "warn": []})));
    }
}
