//! A trial as one JSON object, for programs.

use serde::Serialize;
use smoker_model::plugin::Execution;
use smoker_model::wire::result::{ComponentShape, WireResult};
use smoker_runner::trace::run_trace::{ActionTrace, Exit};

use crate::results::json_text;
use crate::test_plugin::action_trial::ActionTrial;
use crate::test_plugin::trial::Trial;

#[derive(Serialize)]
struct TrialReport<'a> {
    plugin: &'a str,
    /// Null for a module, and when there was none to run.
    command: Option<&'a str>,
    /// For a module: what it printed on either stream.
    stdout: &'a str,
    stderr: &'a str,
    exit: Option<ExitWord>,
    seconds: f64,
    /// As `forcedResult` of the daemon's REST interface.
    result: WireResult<'a>,
    problems: &'a [String],
    /// The actions that were run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    actions: Vec<ActionReport<'a>>,
}

#[derive(Serialize)]
struct ActionReport<'a> {
    /// Null for an action that stands in a template itself.
    action: Option<&'a str>,
    command: Option<&'a str>,
    stdout: &'a str,
    stderr: &'a str,
    exit: Option<ExitWord>,
    seconds: f64,
}

/// An exit status, or the word for another end.
#[derive(Serialize)]
#[serde(untagged)]
enum ExitWord {
    Status(i32),
    /// A signal's name, `timeout` or `cancelled`.
    Word(&'static str),
}

/// The object on a line of its own.
pub(super) fn of(trial: &Trial) -> String {
    let trace = &trial.trace;
    let is_module = matches!(trial.spec.invocation.execution, Execution::Module(_) | Execution::Check(_));
    let report = TrialReport {
        plugin: trial.spec.name.as_str(),
        command: trace.command.as_deref(),
        stdout: if is_module { &trace.printed } else { &trace.stdout.text },
        stderr: &trace.stderr.text,
        exit: trace.exit.as_ref().map(ExitWord::from),
        seconds: trace.duration.as_secs_f64(),
        result: trial.result.on_wire(ComponentShape::Mapping),
        problems: &trial.problems,
        actions: trace.actions.iter().map(ActionReport::from).collect(),
    };
    json_text::to_text(&report) + "\n"
}

/// The object about an action, on a line of its own.
pub(super) fn of_action(trial: &ActionTrial) -> String {
    #[derive(Serialize)]
    struct ActionTrialReport<'a> {
        plugin: &'a str,
        told: &'a str,
        result: WireResult<'a>,
        actions: Vec<ActionReport<'a>>,
    }
    let report = ActionTrialReport {
        plugin: trial.spec.name.as_str(),
        told: trial.told.as_str(),
        result: trial.ran.result.on_wire(ComponentShape::Mapping),
        actions: trial.trace.actions.iter().map(ActionReport::from).collect(),
    };
    json_text::to_text(&report) + "\n"
}

impl<'a> From<&'a ActionTrace> for ActionReport<'a> {
    fn from(ActionTrace { name, trace }: &'a ActionTrace) -> Self {
        Self {
            action: name.as_deref(),
            command: trace.command.as_deref(),
            // A module has no streams of its own.
            stdout: if trace.printed.is_empty() { &trace.stdout.text } else { &trace.printed },
            stderr: &trace.stderr.text,
            exit: trace.exit.as_ref().map(ExitWord::from),
            seconds: trace.duration.as_secs_f64(),
        }
    }
}

impl From<&Exit> for ExitWord {
    fn from(exit: &Exit) -> Self {
        match exit {
            Exit::Status(status) => Self::Status(*status),
            Exit::Signal { name, .. } => Self::Word(name),
            Exit::Timeout => Self::Word("timeout"),
            Exit::Cancelled => Self::Word("cancelled"),
        }
    }
}
