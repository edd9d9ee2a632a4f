//! What a command printed becomes findings.

use serde_json::Value as Json;
use smoker_model::messages::{Level, Messages};
use smoker_model::notation::python_json_reader;
use smoker_model::notation::python_text;
use smoker_model::notation::read_error::ReadError;
use smoker_model::result::Findings;
use smoker_model::status::Status;
use smoker_model::value::Value;

use crate::nearly_json;
use crate::process::capture::Capture;
use crate::process::execute::{ChildEnd, ChildOutcome};

/// Unifies the outcome of a command that ended by itself: a JSON object on
/// standard output is the result, whatever the exit status; output that looks
/// like one but is none is an error; any other output becomes messages, and
/// the exit status decides.
pub(crate) fn findings(outcome: &ChildOutcome) -> Findings {
    let stdout = outcome.stdout.text();
    let cut = outcome.stdout.cut();
    if cut == 0
        && let Some(result) = parse_result(python_text::strip(&stdout))
    {
        return after_signal(result, outcome);
    }
    let fault = match cut {
        0 => nearly_json::fault(&stdout),
        _ if outcome.stdout.has_cut_result()
            || nearly_json::begins_as_json(&stdout)
            || nearly_json::fault(&stdout).is_some() =>
        {
            Some(format!(
                "looks like a result, but {cut} bytes were cut from the middle of standard output; raise MaxOutput"
            ))
        }
        _ => None,
    };
    let mut found = Messages::new();
    found.add(Level::Error, fault.as_deref().unwrap_or_default());
    add_output(&mut found, outcome);
    let is_good = fault.is_none() && outcome.end == ChildEnd::Exited(0);
    let has = |level| found.level(level).next().is_some();
    // A warning that is the daemon's own is no reason of a failure.
    if let ChildEnd::Exited(1..) = &outcome.end
        && has(Level::Warn)
        && !has(Level::Error)
    {
        found.add(Level::Error, &outcome.end.to_string());
    }
    let status = if is_good { Status::Ok } else { Status::Error };
    Findings { is_fault: fault.is_some(), ..Findings::new(status, found) }
}

/// The result that a command printed before a signal ended it: the command did not get to its end, and standard error
/// may say why.
fn after_signal(result: Findings, outcome: &ChildOutcome) -> Findings {
    let ChildEnd::Signalled { .. } = outcome.end else { return result };
    let mut messages = result.messages.unwrap_or_default();
    messages.add(Level::Error, python_text::strip(&outcome.stderr.text()));
    messages.add(Level::Error, &outcome.end.to_string());
    Findings { status: Status::Error, messages: Some(messages), ..result }
}

/// What a command found that printed this and ended by itself with this
/// exit status, when `max_output` bytes of each stream are kept.
#[must_use]
pub fn findings_of(stdout: &[u8], stderr: &[u8], exit_status: i32, max_output: usize) -> Findings {
    findings_at(stdout, stderr, ChildEnd::Exited(exit_status), max_output)
}

/// The same of a command with another end.
pub(crate) fn findings_at(stdout: &[u8], stderr: &[u8], end: ChildEnd, max_output: usize) -> Findings {
    let capture = |bytes: &[u8]| {
        let mut capture = Capture::new(max_output);
        capture.push(bytes);
        capture
    };
    findings(&ChildOutcome { stdout: capture(stdout), stderr: capture(stderr), end })
}

/// The output as messages: standard output as info, standard error and a
/// signal as error, cut output as warn.
pub(crate) fn messages(outcome: &ChildOutcome) -> Messages {
    let mut messages = Messages::new();
    add_output(&mut messages, outcome);
    messages
}

fn add_output(messages: &mut Messages, outcome: &ChildOutcome) {
    messages.add(Level::Info, python_text::strip(&outcome.stdout.text()));
    messages.add(Level::Error, python_text::strip(&outcome.stderr.text()));
    if let ChildEnd::Signalled { .. } = &outcome.end {
        messages.add(Level::Error, &outcome.end.to_string());
    }
    messages.add(Level::Warn, outcome.end.held_output().as_deref().unwrap_or_default());
    for (stream, capture) in [("standard output", &outcome.stdout), ("standard error", &outcome.stderr)] {
        if capture.cut() > 0 {
            let cut = capture.cut();
            messages.add(
                Level::Warn,
                &format!("{cut} bytes were cut from the middle of {stream}; raise MaxOutput to keep more"),
            );
        }
    }
}

/// The result that a command printed as JSON; `None` when its output is plain
/// text. Bare scalars and everything empty count as text.
fn parse_result(stdout: &str) -> Option<Findings> {
    let json = match read_json(stdout)? {
        Ok(json) => json,
        Err(error) if error.is_too_large => return Some(Findings::fault(&format!("Invalid JSON structure: {error}"))),
        Err(_) => return None,
    };
    let has_status = json["status"].as_str().and_then(Status::of_result).is_some();
    match json {
        Json::Object(object) if object.is_empty() => None,
        Json::Array(list) if list.is_empty() => None,
        Json::Object(object) if has_status => Some(
            Findings::parse(object)
                .unwrap_or_else(|error| Findings::fault(&format!("Invalid JSON structure: {error}"))),
        ),
        other @ (Json::Object(_) | Json::Array(_)) => {
            let shown = python_text::str(&Value::from(other));
            Some(Findings::fault(&format!("Missing status in JSON output: {shown}")))
        }
        _ => None,
    }
}

/// Reads output that begins as an object or list does, as Python's `json` does; `None` for any other.
///
/// The error says what is wrong and where, or that there are more values than
/// [`MAX_VALUES`](smoker_model::notation::bounded_json::MAX_VALUES).
#[must_use]
pub fn read_json(text: &str) -> Option<Result<Json, ReadError>> {
    text.starts_with(['{', '[']).then(|| python_json_reader::read(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(stdout: &str, stderr: &str, end: ChildEnd) -> ChildOutcome {
        let capture = |text: &str| {
            let mut capture = Capture::new(1 << 20);
            capture.push(text.as_bytes());
            capture
        };
        ChildOutcome { stdout: capture(stdout), stderr: capture(stderr), end }
    }

    fn errors(findings: &Findings) -> Vec<&str> {
        findings.messages.iter().flat_map(|messages| messages.level(Level::Error)).collect()
    }

    #[test]
    fn an_object_with_a_status_is_the_result() {
        let findings = findings(&outcome("\n {\"status\": \"WARN\"}\n", "noise", ChildEnd::Exited(3)));
        assert_eq!((findings.status, findings.messages), (Status::Warn, None));
    }

    #[test]
    fn a_signal_makes_a_good_result_an_error() {
        for (stderr, expected) in [
            ("", vec!["killed by signal 11 (SIGSEGV)"]),
            ("bad_alloc\n", vec!["bad_alloc", "killed by signal 11 (SIGSEGV)"]),
        ] {
            let end = ChildEnd::Signalled { number: 11, name: "SIGSEGV" };
            let findings = findings(&outcome("{\"status\": \"OK\"}", stderr, end));
            assert_eq!((findings.status, errors(&findings)), (Status::Error, expected));
        }
    }

    #[test]
    fn a_failure_has_its_exit_status_beside_the_warning_of_a_cut() {
        let long = "y\n".repeat(1000);
        let failed = findings_of(long.as_bytes(), b"", 1, 100);
        assert_eq!((failed.status, errors(&failed)), (Status::Error, vec!["exit status 1"]));
        let explained = findings_of(long.as_bytes(), b"why", 1, 100);
        assert_eq!(errors(&explained), ["why"]);
        assert!(errors(&findings_of(b"y", b"", 1, 100)).is_empty());
    }

    #[test]
    fn a_result_that_is_not_understood_is_an_error_that_keeps_the_output() {
        let nearly = findings(&outcome("{\"status\": \"OK\",}\n", "why", ChildEnd::Exited(0)));
        let reason = "looks like a result, but is no JSON: line 1, column 17: trailing comma";
        assert_eq!((nearly.status, errors(&nearly)), (Status::Error, vec![reason, "why"]));
        assert_eq!(nearly.messages.expect("some").level(Level::Info).collect::<Vec<_>>(), ["{\"status\": \"OK\",}"]);
        let long = format!("{{\"status\": \"OK\", \"x\": \"{}\"}}", "y".repeat(2000));
        let cut = findings_of(long.as_bytes(), b"", 0, 1000);
        assert_eq!(
            (cut.status, errors(&cut)[0]),
            (
                Status::Error,
                "looks like a result, but 1025 bytes were cut from the middle of standard output; raise MaxOutput"
            )
        );
        assert_eq!(findings_of("x".repeat(2000).as_bytes(), b"", 0, 1000).status, Status::Ok);
        // The beginning of a result may be in what is cut.
        let (before, pad) = (format!("{}\n{}\n", "x".repeat(590), "y".repeat(200)), "\"zz\",\n".repeat(200));
        let hidden = format!("{before}{{\n\"status\":\"ERROR\",\n\"pad\":[\n{pad}\"a\"]}}\n");
        let behind = format!("{}{{\"status\":\"ERROR\",\"messages\":null}}\n", "x\n".repeat(1500));
        for (text, max_output) in [(hidden, 1000), (behind, 40)] {
            assert!(
                errors(&findings_of(text.as_bytes(), b"", 0, max_output))[0].starts_with("looks like a result, but ")
            );
        }
    }

    #[test]
    fn scalars_and_empty_values_are_text() {
        for text in ["5", "3.14", "true", "\"word\"", "null", "NaN", "[]", "{}", "{not json", "[1, 2"] {
            let findings = findings(&outcome(&format!("{text}\n"), "", ChildEnd::Exited(0)));
            let messages = findings.messages.expect("a message");
            assert_eq!((findings.status, messages.level(Level::Info).collect::<Vec<_>>()), (Status::Ok, vec![text]));
        }
    }

    #[test]
    fn json_without_a_valid_status_is_an_error_that_shows_it() {
        let many = format!("{{\"status\": \"OK\", \"x\": [{}0]}}", "0,".repeat(100_000));
        let cases = [
            ("{\"status\": \"ok\", \"n\": null}", "Missing status in JSON output: {'status': 'ok', 'n': None}"),
            ("[\"a\", 1]", "Missing status in JSON output: ['a', 1]"),
            (
                "{\"status\": \"OK\", \"messages\": 1}",
                "Invalid JSON structure: Result message has to be a dictionary or None, not int",
            ),
            (&many, "Invalid JSON structure: it has more than 100000 values"),
        ];
        for (text, expected) in cases {
            assert_eq!(errors(&findings(&outcome(text, "", ChildEnd::Exited(0)))), [expected]);
        }
    }

    #[test]
    fn the_numbers_that_only_python_writes_are_null() {
        let text = r#"{"status": "OK", "componentResults": {"NaN \" -Infinity": {"status": "OK", "messages": null, "v": [NaN, -Infinity, -1]}}}"#;
        let findings = findings(&outcome(text, "", ChildEnd::Exited(0)));
        let components = findings.component_results.expect("components");
        assert_eq!(components.as_json()["NaN \" -Infinity"]["v"], serde_json::json!([null, null, -1]));
    }

    #[test]
    fn a_signal_is_reported_after_the_output() {
        let end = ChildEnd::Signalled { number: 9, name: "SIGKILL" };
        let findings = findings(&outcome("out", "err", end));
        assert_eq!(findings.status, Status::Error);
        assert_eq!(errors(&findings), ["err", "killed by signal 9 (SIGKILL)"]);
    }
}
