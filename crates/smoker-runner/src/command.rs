//! A command line with its surroundings becomes findings.

use std::ffi::OsStr;
use std::path::Path;

use smoker_model::messages::Level;
use smoker_model::notation::python_text;
use smoker_model::plugin::{Invocation, Parameters, StdinMode, exposed};
use smoker_model::result::Findings;
use smoker_model::secrets::mask::{masked, without_url_passwords};
use smoker_model::status::Status;
use smoker_model::value::Value;

use crate::context::RunContext;
use crate::process::execute::{ChildLimits, ChildOutcome, execute};
use crate::process::spawn::Program;
use crate::template::error::FillError;
use crate::{output, template};

/// A command that is about to run.
pub(crate) struct CommandRun<'a> {
    /// The line as configured.
    pub(crate) command: &'a Value,
    pub(crate) invocation: &'a Invocation,
    /// The values for `%(Name)s` and for standard input.
    pub(crate) values: &'a Parameters,
    pub(crate) environment: &'a [(String, String)],
}

impl CommandRun<'_> {
    /// Runs the command.
    ///
    /// # Errors
    ///
    /// Why it could not be started, for the operator.
    pub(crate) async fn run(&self, context: RunContext<'_>) -> Result<ChildOutcome, String> {
        let line = self.line()?;
        if let Some(trace) = context.trace {
            trace.command_line(&self.shown(|_, value| value.hidden()));
        }
        let failed = |reason: &dyn std::fmt::Display| self.failed(reason);
        let credentials = context.plugin.credentials().as_ref().map_err(|error| failed(error))?.as_ref();
        let Invocation { timeout, stdin, max_output, leave_running, .. } = self.invocation;
        let arguments = [OsStr::new("-c"), OsStr::new(&line)];
        let input = (*stdin == StdinMode::Json).then(|| as_json(self.values));
        let shell = Program {
            path: Path::new("/bin/sh"),
            name: None,
            arguments: &arguments,
            surroundings: context.plugin.surroundings(self.invocation),
            environment: self.environment,
            credentials,
            has_input: input.is_some(),
        };
        let limits = ChildLimits { timeout: timeout.duration, max_output: *max_output, leave_running: *leave_running };
        let input = input.as_deref().map(str::as_bytes);
        let outcome = execute(context.processes, &shell, input, limits, context.cancel).await;
        outcome.map_err(|error| match credentials {
            Some(ids) => failed(&format_args!("cannot run it as uid {} and gid {}: {error}", ids.uid, ids.gid)),
            None => failed(&error),
        })
    }

    /// The command as the shell gets it.
    fn line(&self) -> Result<String, String> {
        if self.command.exposed_text().is_none() {
            let kind = self.command.python_type();
            return Err(format!("Command has to be text, not {kind}: put quotes around it in the configuration"));
        }
        let line = fill(self.command, self.values).map_err(|error| match error {
            // The command itself would only hide what to do.
            FillError::TooLong => format!("Can't execute command: {error}"),
            error => {
                let (command, reason) = (python_text::str(self.command), reason(self.command, &error));
                without_url_passwords(&format!("Can't format command {command}: {reason}"))
            }
        })?;
        if line.contains('\0') { Err(self.failed(&"it holds a NUL character")) } else { Ok(line) }
    }

    fn failed(&self, reason: &dyn std::fmt::Display) -> String {
        let line = without_url_passwords(&self.shown(masked)).replace('\0', "\\0");
        format!("Can't execute command {line}: {reason}")
    }

    /// The command with what `hide` leaves of its values; without any where that cannot be filled in.
    fn shown(&self, hide: impl Fn(&str, &Value) -> Value) -> String {
        // A secret command shows nothing, its placeholders included.
        let command = python_text::str(self.command);
        let filled = template::fill(&command, &|name| self.values.get(name).map(|value| hide(name, value)));
        filled.unwrap_or(command)
    }

    /// The findings of a command that did not end by itself; none for one that did.
    pub(crate) fn cut_short(&self, outcome: &ChildOutcome) -> Option<Findings> {
        let reason =
            outcome.end.interruption(&format!("Execution timeout after {} seconds", self.invocation.timeout.text))?;
        let mut messages = output::messages(outcome);
        messages.add(Level::Error, &reason);
        Some(Findings { is_fault: true, ..Findings::new(Status::Error, messages) })
    }
}

/// A command with the values filled in; empty for what is no text.
pub(crate) fn fill(command: &Value, values: &Parameters) -> Result<String, FillError> {
    template::fill(command.exposed_text().unwrap_or_default(), &|name| values.get(name).cloned())
}

/// Why a command cannot be filled in. The reason may quote the command.
pub(crate) fn reason(command: &Value, error: &FillError) -> String {
    if command.has_secret() {
        return "a placeholder cannot be filled in, and the reason is not shown because the command is of !env or !file; \
                write it into the configuration to see the reason"
            .to_owned();
    }
    error.to_string()
}

/// One JSON object with all values.
fn as_json(values: &Parameters) -> String {
    // Values of the model have text names only, so they always become JSON.
    serde_json::to_string(&*exposed(values)).unwrap_or_default()
}
