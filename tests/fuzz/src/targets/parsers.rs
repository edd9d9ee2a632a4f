//! The parsers that need no Python: what other tools printed becomes findings.
//!
//! Parts: the exit status; parameters as JSON; standard error; standard output.

use serde_json::{Value as Json, json};
use smoker_model::result::Findings;

use crate::inputs::fields::{Fields, joined};
use crate::inputs::random::Random;
use crate::target::Target;
use crate::targets::shape::shape;

mod jmx;
mod json;
mod junit;
mod nagios;
mod regex;
mod tap;
mod varnish;

/// All of them.
pub(crate) const TARGETS: [Target; 7] =
    [jmx::TARGET, json::TARGET, junit::TARGET, nagios::TARGET, regex::TARGET, tap::TARGET, varnish::TARGET];

/// What a parser answered.
struct Answer<'a> {
    fields: Fields<'a>,
    exit_status: Option<i32>,
    /// `status`, `messages`, `componentResults`, or the reason of its failure.
    result: Result<Json, String>,
}

impl<'a> Answer<'a> {
    /// Asks a parser, and checks what holds for every answer.
    fn of(parser: &str, input: &'a [u8]) -> Self {
        let fields = Fields::of(input);
        // No number stands for the end by a signal.
        let exit_status: Option<i32> = fields.text(0).parse().ok();
        let parameters = serde_json::from_slice(fields.bytes(1)).ok().filter(Json::is_object);
        let request = json!({
            "kind": "parser", "module": parser, "plugin": "p", "forced": false, "timeout": 10.0,
            "parameters": parameters.unwrap_or_else(|| json!({})), "result": null,
            "stdout": fields.text(3).trim(), "stderr": fields.text(2).trim(), "exit_status": exit_status,
        });
        let result = smoker_checks::catalogue::answer(request);
        match &result {
            Ok(Json::Object(object)) => {
                Findings::parse(object.clone()).expect("an answer is a valid result");
            }
            Ok(other) => panic!("an answer is an object: {other}"),
            Err(reason) => assert!(!reason.trim().is_empty() && !reason.contains("there is no built-in"), "{reason:?}"),
        }
        Self { fields, exit_status, result }
    }

    /// Checks that the whole is not better than its worst component.
    fn check_worst(&self) {
        let Ok(result) = &self.result else { return };
        for word in ["ERROR", "WARN"] {
            let parts = result["componentResults"].as_object().into_iter().flatten();
            if parts.into_iter().any(|(_, part)| part["status"] == *word) {
                assert!(self.status() == Some("ERROR") || self.status() == Some(word), "{result}");
            }
        }
    }

    fn status(&self) -> Option<&str> {
        self.result.as_ref().ok()?["status"].as_str()
    }

    /// What came of it, in a word.
    fn outcome(&self) -> String {
        self.result.as_ref().map_or_else(Clone::clone, shape)
    }
}

/// An input for a parser.
fn input(random: &mut Random, parameters: &str, stdout: &str) -> Vec<u8> {
    let exit_status = random.pick(&["0", "0", "1", "2", "3", "127", "-1", ""]);
    let stderr = if random.one_in(4) { random.word() } else { String::new() };
    joined(&[exit_status, parameters, &stderr, stdout])
}
