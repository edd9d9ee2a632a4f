//! A command line with its surroundings becomes findings.

use std::borrow::Cow;

use smoker_model::messages::Level;
use smoker_model::plugin::TimeLimit;
use smoker_model::result::Findings;
use smoker_model::status::Status;
use smoker_model::value::Value;
use tokio_util::sync::CancellationToken;

use crate::credentials::{Credentials, CredentialsError};
use crate::execute::{End, Limits, Outcome, execute};
use crate::process::ShellLine;
use crate::reaper::Reaper;
use crate::{module, output, template};

/// The kernel takes no argument or variable of this many bytes
/// (`MAX_ARG_STRLEN` of Linux, its closing NUL included).
const MAX_STRING: usize = 128 * 1024;

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
    /// The parser for what it prints.
    pub(crate) parser: Option<&'a str>,
}

impl CommandRun<'_> {
    /// Runs the command. Whatever goes wrong is a finding, too.
    pub(crate) async fn findings(&self, reaper: &Reaper, cancel: &CancellationToken) -> Findings {
        match self.outcome(reaper, cancel).await {
            Ok(outcome) => self.read(&outcome),
            Err(reason) => Findings::error(&reason),
        }
    }

    async fn outcome(&self, reaper: &Reaper, cancel: &CancellationToken) -> Result<Outcome, String> {
        let line = self.line()?;
        let failed = |reason: &dyn std::fmt::Display| format!("Can't execute command {line}: {reason}");
        let credentials = self.credentials.as_ref().map_err(|error| failed(error))?.as_ref();
        if line.len() >= MAX_STRING {
            let size = line.len();
            return Err(format!(
                "Can't execute command: with its parameters it has {size} bytes and the system takes less than {MAX_STRING}; \
                 use Stdin: json and let the command read them from its standard input"
            ));
        }
        let shell_line =
            ShellLine { line: &line, environment: self.environment, credentials, has_input: self.input.is_some() };
        let limits = Limits { timeout: self.timeout.duration, max_output: self.max_output };
        let input = self.input.as_deref().map(str::as_bytes);
        execute(reaper, &shell_line, input, limits, cancel).await.map_err(|error| match credentials {
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
        let line =
            template::fill(command, self.lookup).map_err(|error| format!("Can't format command {command}: {error}"))?;
        if line.contains('\0') {
            return Err(format!("Can't execute command {}: it holds a NUL character", line.replace('\0', "\\0")));
        }
        Ok(Cow::Owned(line))
    }

    fn read(&self, outcome: &Outcome) -> Findings {
        match &outcome.end {
            End::TimedOut { survivors } => {
                let mut messages = output::messages(outcome);
                messages.add(Level::Error, &format!("Execution timeout after {} seconds", self.timeout.text));
                for pid in survivors {
                    messages.add(Level::Error, &format!("process {pid} could not be killed"));
                }
                Findings::new(Status::Error, messages)
            }
            End::Cancelled => {
                let mut messages = output::messages(outcome);
                messages.add(Level::Error, "stopped together with smokerd");
                Findings::new(Status::Error, messages)
            }
            End::Exited(_) | End::Signalled { .. } => match self.parser {
                Some(parser) => module::parse(parser, output::messages(outcome)),
                None => output::findings(outcome),
            },
        }
    }
}
