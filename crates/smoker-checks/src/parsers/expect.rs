//! Parser `expect`: the exit status and the output of a command are compared with what they should be.

use serde_json::Value as Json;
use smoker_model::messages::{Level, Messages};
use smoker_model::plugin::module::ModuleRequest;
use smoker_model::result::Findings;
use smoker_model::status::Status;

use crate::matchers::matcher::{Matcher, PlainText};
use crate::parameters::Parameters;
use crate::spec::{ParameterSpec, ParameterType, Spec};

const TEXT: ParameterType = ParameterType::Custom {
    form: "[matcher](checks.md#matchers)",
    read: |name, value| Matcher::of(name, value, PlainText::Contained).map(drop),
};

const PARAMETERS: &[ParameterSpec] = &[
    ParameterSpec::optional(
        "ExitStatus",
        ParameterType::Custom {
            form: "number, or [matcher](checks.md#matchers)",
            read: |name, value| Matcher::of(name, value, PlainText::Exact).map(drop),
        },
        "0",
        "the exit status that the command should have",
    ),
    ParameterSpec::optional("Stdout", TEXT, "any", "what it should print on standard output"),
    ParameterSpec::optional("Stderr", TEXT, "any", "what it should print on standard error"),
];

/// The declaration of this built-in.
pub(crate) const fn spec() -> Spec {
    Spec::parser(
        "expect",
        "compares the exit status and the output of a command with what they should be",
        "an error for each that is not as it should be, and what the command printed",
        PARAMETERS,
    )
}

/// Reads the output.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let parameters = Parameters::of(request);
    let matcher = |name, plain| parameters.get(name).map(|value| Matcher::of(name, value, plain)).transpose();
    let exit_status = matcher("ExitStatus", PlainText::Exact)?;
    let (stdout, stderr) = (matcher("Stdout", PlainText::Contained)?, matcher("Stderr", PlainText::Contained)?);
    let mut messages = Messages::new();
    match request.exit_status {
        None => messages.add(Level::Error, "the command was ended by a signal"),
        Some(found) => {
            let fault = match exit_status {
                Some(matcher) => matcher.fault_of(&Json::from(found)).or_else(|| unnamed_status(&matcher, found)),
                None => (found != 0).then(|| format!("wanted 0, got {found}")),
            };
            if let Some(fault) = fault {
                messages.add(Level::Error, &format!("exit status: {fault}"));
            }
        }
    }
    for (name, matcher, found) in
        [("standard output", stdout, &request.stdout), ("standard error", stderr, &request.stderr)]
    {
        if let Some(fault) = matcher.and_then(|matcher| matcher.fault(found)) {
            messages.add(Level::Error, &format!("{name}: {fault}"));
        }
    }
    let is_good = messages.level(Level::Error).next().is_none();
    messages.add(Level::Info, request.stdout.trim_end());
    if !is_good {
        messages.add(Level::Info, request.stderr.trim_end());
    }
    Ok(Findings::new(if is_good { Status::Ok } else { Status::Error }, messages))
}

/// Statuses of which a matcher that holds for all of them names none, as `{Not: 0}`.
const FAILURES: [i32; 4] = [1, 2, 5, 125];

/// What is wrong with the statuses by which a shell says that it cannot run a program: who wants any failure wants one of the program.
fn unnamed_status(matcher: &Matcher, found: i32) -> Option<String> {
    let is_any = || FAILURES.iter().all(|status| matcher.fault_of(&Json::from(*status)).is_none());
    (matches!(found, 126 | 127) && is_any()).then(|| {
        format!("got {found}, by which a shell says that it cannot run a program: name {found} in ExitStatus if it is wanted")
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use smoker_model::plugin::module::ModuleKind;

    use super::*;
    use crate::test_request::plugin;

    fn errors(parameters: Json, exit_status: Option<i32>, stdout: &str, stderr: &str) -> Vec<String> {
        let (stdout, stderr) = (stdout.to_owned(), stderr.to_owned());
        let request =
            ModuleRequest { kind: ModuleKind::Parser, exit_status, stdout, stderr, ..plugin("expect", parameters) };
        let findings = run(&request).expect("findings");
        let errors: Vec<_> =
            findings.messages.iter().flat_map(|messages| messages.level(Level::Error)).map(str::to_owned).collect();
        assert_eq!(findings.status == Status::Ok, errors.is_empty());
        errors
    }

    #[test]
    fn status_and_streams_have_to_be_as_they_are_wanted() {
        assert!(errors(json!({}), Some(0), "x", "y").is_empty());
        assert_eq!(errors(json!({}), Some(3), "", ""), ["exit status: wanted 0, got 3"]);
        assert!(errors(json!({"ExitStatus": 127, "Stderr": "not found"}), Some(127), "", "x: not found").is_empty());
        assert_eq!(
            errors(json!({"ExitStatus": "> 1"}), Some(1), "", ""),
            ["exit status: wanted a number > 1, got '1'"]
        );
        assert!(
            errors(json!({"ExitStatus": {"Or": [0, 1]}, "Stdout": ["a", {"Not": "b"}]}), Some(1), "a", "").is_empty()
        );
        assert_eq!(
            errors(json!({"Stdout": "b", "Stderr": {"Equals": ""}}), Some(0), "a", "x"),
            ["standard output: wanted something with 'b', got 'a'", "standard error: wanted '', got 'x'"]
        );
        for status in [126, 127] {
            let unnamed = errors(json!({"ExitStatus": {"Not": 0}}), Some(status), "", "sh: x: not found");
            assert!(unnamed.len() == 1 && unnamed[0].contains("cannot run a program"), "{unnamed:?}");
            assert!(errors(json!({"ExitStatus": "> 125"}), Some(status), "", "").is_empty());
            assert!(errors(json!({"ExitStatus": {"Or": [1, status]}}), Some(status), "", "").is_empty());
        }
        assert!(errors(json!({"ExitStatus": {"Not": 0}}), Some(1), "", "").is_empty());
        assert_eq!(errors(json!({"ExitStatus": {"Not": 0}}), None, "", ""), ["the command was ended by a signal"]);
    }
}
