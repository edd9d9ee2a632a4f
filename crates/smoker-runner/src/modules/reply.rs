//! What a module answers: one JSON object, from the Python host and from built-in modules in a child.

use serde::Deserialize;
use serde_json::Value as Json;
use smoker_model::bounded_json;
use smoker_model::module::ModuleKind;
use smoker_model::plugin::TimeLimit;
use smoker_model::result::Findings;

use crate::process::execute::ChildEnd;
use crate::trace::recorder::TraceRecorder;

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
    /// The result that is not shaped as one, beside the error that says so.
    invalid: Option<Json>,
}

impl ModuleReply {
    pub(crate) fn without_reply(end: ChildEnd) -> Self {
        Self { reply: None, end }
    }

    /// Reads the reply.
    ///
    /// # Errors
    ///
    /// The module's own error, or why there is no result, for the operator.
    pub(crate) fn into_findings(
        self,
        kind: ModuleKind,
        timeout: &TimeLimit,
        trace: Option<&TraceRecorder>,
    ) -> Result<Findings, String> {
        let Some(reply) = self.reply else { return Err(no_reply(&self.end, kind, timeout)) };
        let reply: ReplyFields =
            bounded_json::parse(&reply).map_err(|error| format!("the reply can't be read: {error}"))?;
        if let (Some(trace), Some(invalid)) = (trace, &reply.invalid) {
            trace.invalid_result(invalid);
        }
        match reply {
            ReplyFields { result: Some(Json::Object(result)), .. } => {
                Findings::parse(result).map_err(|error| format!("ValidationError: {error}"))
            }
            ReplyFields { error, .. } => Err(error.unwrap_or_else(|| "the reply is empty".to_owned())),
        }
    }
}

/// The error of a module that took too long.
pub(crate) fn timeout_message(timeout: &TimeLimit) -> String {
    format!("Plugin execution exceeded timeout {} seconds", timeout.text)
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
