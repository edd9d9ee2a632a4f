//! A command line with its surroundings becomes findings.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::path::Path;

use smoker_model::messages::Level;
use smoker_model::plugin::TimeLimit;
use smoker_model::result::Findings;
use smoker_model::status::Status;
use smoker_model::value::Value;
use tokio_util::sync::CancellationToken;

use crate::modules::dispatch::{Modules, ParserRun};
use crate::process::containment::family::Family;
use crate::process::credentials::{Credentials, CredentialsError};
use crate::process::execute::{Limits, Outcome, execute};
use crate::process::spawn::Program;
use crate::template::error::TemplateError;
use crate::witness::Witness;
use crate::{output, template};

/// A command that is about to run.
pub(crate) struct CommandRun<'a> {
    /// The line as configured.
    pub(crate) command: &'a Value,
    /// The values for `%(Name)s`.
    pub(crate) lookup: &'a (dyn Fn(&str) -> Option<Value> + Sync),
    pub(crate) environment: &'a [(String, String)],
    pub(crate) credentials: &'a Result<Option<Credentials>, CredentialsError>,
    /// What the command finds on its standard input; nothing for none.
    pub(crate) input: Option<String>,
    pub(crate) timeout: &'a TimeLimit,
    pub(crate) max_output: usize,
    /// Whether what the command leaves running may stay.
    pub(crate) leave_running: bool,
    /// Who notes what it shows.
    pub(crate) witness: Option<&'a Witness>,
    /// The parser for what it prints.
    pub(crate) parser: Option<ParserRun<'a>>,
}

impl CommandRun<'_> {
    /// Runs the command. Whatever goes wrong is a finding, too.
    pub(crate) async fn findings(&self, family: &Family, modules: &Modules, cancel: &CancellationToken) -> Findings {
        let outcome = match self.outcome(family, cancel).await {
            Ok(outcome) => outcome,
            Err(reason) => return Findings::error(&reason),
        };
        if let Some(witness) = self.witness {
            witness.saw_outcome(&outcome);
        }
        match (self.unfinished(&outcome), &self.parser) {
            (Some(findings), _) => findings,
            (None, Some(parser)) => parser.findings(&outcome, family, modules, cancel).await,
            (None, None) => output::findings(&outcome),
        }
    }

    async fn outcome(&self, family: &Family, cancel: &CancellationToken) -> Result<Outcome, String> {
        let line = self.line()?;
        if let Some(witness) = self.witness {
            witness.saw_line(&line);
        }
        let failed = |reason: &dyn std::fmt::Display| format!("Can't execute command {line}: {reason}");
        let credentials = self.credentials.as_ref().map_err(|error| failed(error))?.as_ref();
        let arguments = [OsStr::new("-c"), OsStr::new(&*line)];
        let shell = Program {
            path: Path::new("/bin/sh"),
            name: None,
            arguments: &arguments,
            environment: self.environment,
            credentials,
            has_input: self.input.is_some(),
        };
        let Self { max_output, leave_running, .. } = *self;
        let limits = Limits { timeout: self.timeout.duration, max_output, leave_running };
        let input = self.input.as_deref().map(str::as_bytes);
        execute(family, &shell, input, limits, cancel).await.map_err(|error| match credentials {
            Some(ids) => failed(&format_args!("can't run it as uid {} and gid {}: {error}", ids.uid, ids.gid)),
            None => failed(&error),
        })
    }

    /// The command as the shell gets it.
    fn line(&self) -> Result<Cow<'_, str>, String> {
        let Value::Text(command) = self.command else {
            let kind = self.command.python_type();
            return Err(format!("Command has to be text, not {kind}: put quotes around it in the configuration"));
        };
        let line = template::fill(command, self.lookup).map_err(|error| match error {
            // The command itself would only hide what to do.
            TemplateError::TooLong => format!("Can't execute command: {error}"),
            error => format!("Can't format command {command}: {error}"),
        })?;
        if line.contains('\0') {
            return Err(format!("Can't execute command {}: it holds a NUL character", line.replace('\0', "\\0")));
        }
        Ok(Cow::Owned(line))
    }

    /// What there is to say of a command that did not end by itself.
    fn unfinished(&self, outcome: &Outcome) -> Option<Findings> {
        let reason = outcome.end.by_us(&format!("Execution timeout after {} seconds", self.timeout.text))?;
        let mut messages = output::messages(outcome);
        messages.add(Level::Error, &reason);
        Some(Findings::new(Status::Error, messages))
    }
}
