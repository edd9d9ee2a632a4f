//! Parser `regex`: patterns decide over the lines that a command printed.
//!
//! A pattern matches anywhere in a line of standard output or standard error.
//! A line counts for the first of `Error`, `Warn`, `Ok` that matches it. With
//! nothing but other lines and without `Ok` the exit status decides; a signal makes every result an ERROR. What a run
//! that is not good printed on standard error is kept, and when no line is the reason, so is standard output.

use crate::spec::{Absence, ParameterSpec, ParameterType, Spec};
use regex::RegexSet;
use smoker_model::messages::{Level, Messages};
use smoker_model::plugin::module::ModuleRequest;
use smoker_model::result::Findings;
use smoker_model::status::Status;

use crate::components::level_of;
use crate::parameters::{Parameters, pattern_set};

const PARAMETERS: &[ParameterSpec] = &[
    ParameterSpec {
        name: "Error",
        accepts: ParameterType::PatternList,
        absence: Absence::FailsWithoutOther,
        meaning: "each line that one of them matches is an error",
    },
    ParameterSpec {
        name: "Warn",
        accepts: ParameterType::PatternList,
        absence: Absence::FailsWithoutOther,
        meaning: "each line that one of them matches is a warning",
    },
    ParameterSpec {
        name: "Ok",
        accepts: ParameterType::PatternList,
        absence: Absence::FailsWithoutOther,
        meaning: "each line that one of them matches is good; when it is set, the status is ERROR unless one is found",
    },
];

/// The declaration of this built-in.
pub(crate) const fn spec() -> Spec {
    Spec::parser("regex", "looks for patterns in lines", "a message for each level that has lines", PARAMETERS)
}

/// Reads the output.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let parameters = Parameters::of(request);
    let rules = [
        (Level::Error, patterns(parameters, "Error")?),
        (Level::Warn, patterns(parameters, "Warn")?),
        (Level::Info, patterns(parameters, "Ok")?),
    ];
    if rules.iter().all(|(_, patterns)| patterns.as_ref().is_none_or(RegexSet::is_empty)) {
        return Err("none of the parameters Ok, Warn and Error is set: the parser regex needs one of them".to_owned());
    }
    let mut found = rules.each_ref().map(|_| String::new());
    let mut others = [String::new(), String::new()];
    for (stream, text) in [&request.stdout, &request.stderr].into_iter().enumerate() {
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let rule = rules.iter().position(|(level, patterns)| {
                patterns.as_ref().is_some_and(|set| set.is_match(line) || is_match_of_part(set, line, *level))
            });
            let kept = rule.map_or(&mut others[stream], |rule| &mut found[rule]);
            *kept += line;
            kept.push('\n');
        }
    }
    let mut messages = Messages::new();
    for ((level, _), lines) in rules.iter().zip(&found) {
        messages.add(*level, lines.trim_end());
    }
    // What a signal ended did not get to its end, whatever it printed before.
    if request.exit_status.is_none() {
        messages.add(Level::Error, &exit_text(None));
    }
    let has = |messages: &Messages, level| messages.level(level).next().is_some();
    let has_reason = !found[0].is_empty() || !found[1].is_empty();
    let wants_ok = rules[2].1.is_some();
    let exited_well = request.exit_status == Some(0);
    let status = if has(&messages, Level::Error) {
        Status::Error
    } else if wants_ok && !has(&messages, Level::Info) {
        messages.add(Level::Error, "No line matches Ok");
        Status::Error
    } else if has(&messages, Level::Warn) {
        Status::Warn
    } else if !wants_ok && !exited_well {
        messages.add(Level::Error, &exit_text(request.exit_status));
        Status::Error
    } else {
        Status::Ok
    };
    let [stdout, stderr] = &others;
    if status != Status::Ok {
        messages.add(level_of(status), stderr.trim_end());
    }
    if status == Status::Error && !has_reason {
        messages.add(Level::Info, stdout.trim_end());
    }
    Ok(Findings::new(status, messages))
}

fn patterns(parameters: Parameters<'_>, name: &str) -> Result<Option<RegexSet>, String> {
    parameters.texts(name)?.map(|patterns| pattern_set(name, &patterns)).transpose()
}

/// Whether a part of a line matches that a terminal has shown: a report of progress writes one over the other, and `^` means the beginning
/// of each, behind a byte order mark. What is good has to be there at the end.
fn is_match_of_part(patterns: &RegexSet, line: &str, level: Level) -> bool {
    const UNSEEN: [char; 2] = ['\0', '\u{feff}'];
    if !line.contains('\r') && !line.contains(UNSEEN) {
        return false;
    }
    let mut parts = line.split('\r').map(|part| part.trim_matches(UNSEEN)).filter(|part| !part.trim().is_empty());
    match level {
        Level::Info => parts.next_back().is_some_and(|last| patterns.is_match(last)),
        Level::Warn | Level::Error => parts.any(|part| patterns.is_match(part)),
    }
}

fn exit_text(exit_status: Option<i32>) -> String {
    match exit_status {
        Some(status) => format!("The command ended with exit status {status}"),
        None => "The command was ended by a signal".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::test_request::parser;

    use super::*;

    fn read(stdout: &str, exit_status: Option<i32>, parameters: Json) -> (Status, Json) {
        let findings = run(&parser(stdout, exit_status, parameters)).expect("findings");
        (findings.status, findings.messages.map_or(Json::Null, |messages| Json::Object(messages.as_json().clone())))
    }

    #[test]
    fn a_line_counts_for_the_gravest_pattern() {
        let rules = json!({"Ok": "ready", "Warn": ["slow", "late"], "Error": "fail(ed|ure)"});
        let text = "all ready\nlate and failed\nlate\nother";
        let messages = json!({"info": ["all ready"], "error": ["late and failed"], "warn": ["late"]});
        assert_eq!(read(text, Some(0), rules.clone()), (Status::Error, messages));
        assert_eq!(read("ready\nslow", Some(1), rules.clone()).0, Status::Warn);
        assert_eq!(read("ready", Some(1), rules.clone()).0, Status::Ok);
        let missing = json!({"info": [], "error": ["No line matches Ok"], "warn": ["slow"]});
        assert_eq!(read("slow", Some(0), rules), (Status::Error, missing));
    }

    #[test]
    fn without_ok_the_exit_status_decides_when_no_pattern_does() {
        let rules = json!({"Error": "^E:"});
        assert_eq!(read("fine", Some(0), rules.clone()), (Status::Ok, Json::Null));
        let text = "The command ended with exit status 4";
        assert_eq!(read("fine", Some(4), rules.clone()).1["error"], json!([text]));
        assert_eq!(read("fine", None, rules).1["error"], json!(["The command was ended by a signal"]));
        assert_eq!(read("ready", None, json!({"Ok": "ready"})).0, Status::Error);
    }

    #[test]
    fn a_run_that_is_not_good_keeps_what_it_printed() {
        let read = |stdout: &str, exit_status, parameters| {
            let request =
                ModuleRequest { stderr: "connection refused".to_owned(), ..parser(stdout, exit_status, parameters) };
            Json::Object(run(&request).expect("findings").messages.expect("messages").as_json().clone())
        };
        let errors = |reason: &str| json!([reason, "connection refused"]);
        let failed = read("status: degraded", Some(7), json!({"Error": "FATAL"}));
        assert_eq!(failed["error"], errors("The command ended with exit status 7"));
        assert_eq!(failed["info"], json!(["status: degraded"]));
        let missing = read("status: degraded", Some(0), json!({"Ok": "healthy"}));
        assert_eq!(missing["error"], errors("No line matches Ok"));
        assert_eq!(missing["info"], json!(["status: degraded"]));
        let killed = read("half", None, json!({"Error": "FATAL"}));
        assert_eq!(killed, json!({"info": ["half"], "error": errors("The command was ended by a signal"), "warn": []}));
        let matched = read("other\nFATAL", Some(0), json!({"Error": "FATAL"}));
        assert_eq!(matched, json!({"info": [], "error": errors("FATAL"), "warn": []}));
        assert_eq!(read("slow", Some(1), json!({"Warn": "slow"}))["warn"], errors("slow"));
        assert_eq!(read("ready", Some(0), json!({"Ok": "ready"})), json!({"info": ["ready"], "error": [], "warn": []}));
    }

    #[test]
    fn each_part_of_a_line_that_is_written_over_counts() {
        let errors = json!({"Error": "^E: .*[0-9]$"});
        assert_eq!(read("10%\r50%\rE: disk 7\rdone\n", Some(0), errors.clone()).0, Status::Error);
        assert_eq!(read("10%\r50% E: disk 7\rdone\n", Some(0), errors).0, Status::Ok);
        for text in ["\u{feff}E: disk 7", "\0\0E: disk 7\0"] {
            assert_eq!(read(text, Some(0), json!({"Error": "^E: .*[0-9]$"})).0, Status::Error, "{text:?}");
        }
        assert_eq!(read("10%\rready\n", Some(0), json!({"Ok": "^ready$"})).0, Status::Ok);
        assert_eq!(read("ready\rfailed\n", Some(0), json!({"Ok": "^ready$"})).0, Status::Error);
    }

    #[test]
    fn a_wrong_parameter_is_named() {
        let reason = |parameters| run(&parser("", Some(0), parameters)).expect_err("wrong");
        assert_eq!(reason(json!({"Warn": "("})), "Warn is no regular expression: unclosed group");
        assert!(reason(json!({"Ok": {}})).starts_with("Ok has to be a list of texts, not {}"));
        for nothing in [json!({}), json!({"Error": []}), json!({"Error": [], "Warn": null, "Ok": []})] {
            assert!(reason(nothing).starts_with("none of the parameters Ok, Warn and Error is set"));
        }
    }
}
