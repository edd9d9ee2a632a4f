//! What a module answers: one JSON object, from the Python host and from built-in modules in a child.

use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use smoker_model::notation::python_json_reader;
use smoker_model::plugin::TimeLimit;
use smoker_model::plugin::module::ModuleKind;
use smoker_model::result::Findings;
use smoker_model::run_end::RunEnd;

use crate::context::RunContext;
use crate::process::execute::ChildEnd;

/// The exit status of a child of the host that could not send its reply.
const LOST_REPLY: i32 = 113;

/// What a module's child left.
#[derive(Debug)]
pub(crate) struct ModuleReply {
    /// The reply as JSON; none when the child ended without.
    pub(crate) reply: Option<Vec<u8>>,
    pub(crate) end: ChildEnd,
}

/// The members of a reply.
#[derive(Deserialize)]
struct ReplyFields {
    result: Option<Json>,
    error: Option<String>,
    /// The result that is not shaped as one, beside the one that says so.
    invalid: Option<Json>,
    /// The plugin's result as an action changed it.
    changed: Option<Json>,
    /// The changed result that is not shaped as one, beside the one that says so.
    changed_invalid: Option<Json>,
    /// What a check is to find again at its next run.
    remembered: Option<Json>,
    /// What the plugin's actions find of the module, for Python alone.
    carried: Option<String>,
    /// The parameters that the module changed.
    parameters: Option<Map<String, Json>>,
}

/// What a module found.
#[derive(Debug)]
pub(crate) struct Answer {
    /// What it found, or its own error for the operator.
    pub(crate) findings: Result<Findings, String>,
    /// The plugin's result as an action changed it.
    pub(crate) changed: Option<Findings>,
    /// How the module's process ended; none for one that had none.
    pub(crate) end: Option<RunEnd>,
}

impl From<Result<Findings, String>> for Answer {
    fn from(findings: Result<Findings, String>) -> Self {
        Self { findings, changed: None, end: None }
    }
}

impl Answer {
    /// Changes what was found; an error and the plugin's result stay as they are.
    pub(crate) fn map_findings(self, change: impl FnOnce(Findings) -> Findings) -> Self {
        Self { findings: self.findings.map(change), ..self }
    }
}

impl ModuleReply {
    pub(crate) fn without_reply(end: ChildEnd) -> Self {
        Self { reply: None, end }
    }

    /// Reads the reply.
    ///
    /// # Errors
    ///
    /// Why there is none, for the operator.
    pub(crate) fn into_answer(
        self,
        kind: ModuleKind,
        timeout: &TimeLimit,
        context: RunContext<'_>,
    ) -> Result<Answer, String> {
        let end = self.end.run_end();
        let Some(reply) = self.reply else {
            return Ok(Answer { end, ..Err(no_reply(&self.end, kind, timeout)).into() });
        };
        let reply = python_json_reader::read(&String::from_utf8_lossy(&reply)).map_err(|error| error.reason);
        let reply = reply.and_then(|json| serde_json::from_value(json).map_err(|error| error.to_string()));
        let reply: ReplyFields = reply.map_err(|error| format!("the reply cannot be read: {error}"))?;
        if reply.carried.is_some() {
            context.carried.replace(reply.carried, reply.parameters.unwrap_or_default());
        }
        // One that is too large came as an empty mapping.
        if let (Some(trace), Some(invalid)) = (context.trace, reply.invalid.as_ref().filter(|it| **it != json!({}))) {
            trace.invalid_result(invalid);
        }
        let is_fault = reply.invalid.is_some();
        if kind == ModuleKind::Plugin {
            context.carried.refuse(reply.invalid);
        }
        let changed = match reply.changed {
            Some(Json::Object(changed)) => {
                let is_fault = reply.changed_invalid.is_some();
                context.carried.refuse(reply.changed_invalid);
                let found = findings_of(changed).map(|findings| Findings { is_fault, ..findings });
                Some(found.unwrap_or_else(|reason| Findings::fault(&reason)))
            }
            _ => None,
        };
        let findings = match reply.result {
            Some(Json::Object(result)) => {
                let remembered = reply.remembered;
                findings_of(result).map(|findings| Findings { is_fault, remembered, ..findings })
            }
            _ => Err(reply.error.unwrap_or_else(|| "the reply is empty".to_owned())),
        };
        Ok(Answer { findings, changed, end })
    }
}

fn findings_of(result: Map<String, Json>) -> Result<Findings, String> {
    Findings::parse_of_module(result).map_err(|error| format!("ValidationError: {error}"))
}

/// The error of a module that took too long.
pub(crate) fn timeout_message(timeout: &TimeLimit) -> String {
    format!("Plugin execution exceeded timeout {} seconds", timeout.seconds_text())
}

/// Why a child that ended in this way gave no reply.
fn no_reply(end: &ChildEnd, kind: ModuleKind, timeout: &TimeLimit) -> String {
    let timeout_message = timeout_message(timeout);
    let what = if kind == ModuleKind::Parser { "parser" } else { "module" };
    end.interruption(&timeout_message).unwrap_or_else(|| match end {
        ChildEnd::Exited(LOST_REPLY) => {
            format!("the {what} closed the descriptor that its result goes through: close only what you opened")
        }
        ChildEnd::Signalled { number, name } => format!(
            "the {what} was killed by signal {number} ({name}) before it gave a result; the log has what it printed"
        ),
        ChildEnd::Exited(status) => {
            format!("the {what} ended its process with exit status {status} before it gave a result")
        }
        ChildEnd::TimedOut { .. } | ChildEnd::Cancelled => timeout_message,
    })
}
