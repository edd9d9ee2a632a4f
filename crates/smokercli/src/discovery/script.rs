//! The script in Python that loads discovery plugins and asks them for hosts.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde::Deserialize;
use serde_json::Value as Json;

use crate::discovery::plugin_option::PluginOption;
use crate::error::ExitError;

const SCRIPT: &str = include_str!("discover.py");

/// A line that the script prints.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ScriptReply {
    Options(Vec<PluginOption>),
    Hosts(Vec<String>),
    Usage(String),
    Error(String),
}

/// The error for a reply other than the expected one.
pub(super) fn unexpected(reply: ScriptReply) -> ExitError {
    match reply {
        ScriptReply::Usage(message) => ExitError::usage(message),
        ScriptReply::Error(message) => ExitError::new(format!("host discovery failed: {message}")),
        ScriptReply::Options(_) | ScriptReply::Hosts(_) => broken("it sent an unexpected reply"),
    }
}

fn broken(reason: impl std::fmt::Display) -> ExitError {
    ExitError::new(format!("host discovery failed: python3: {reason}; see plugin_paths in the configuration file"))
}

/// Folders to search. To Python an empty entry is the working directory.
fn without_empty_entries(path: &OsStr) -> OsString {
    env::join_paths(env::split_paths(path).filter(|entry| !entry.as_os_str().is_empty())).unwrap_or_default()
}

/// `python3`, which loads the plugins and asks them.
#[derive(Debug)]
pub(super) struct Script {
    child: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Script {
    /// Starts it with these plugin files. Its first reply is the list of their options.
    pub(super) fn start(files: &Json) -> Result<Self, ExitError> {
        let mut command = Command::new("python3");
        if let Some(path) = env::var_os("PYTHONPATH") {
            command.env("PYTHONPATH", without_empty_entries(&path));
        }
        let mut child = command
            .args(["-c", SCRIPT, &files.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(broken)?;
        let questions = child.stdin.take();
        let answers = child.stdout.take().ok_or_else(|| broken("it has no output"))?;
        Ok(Self { child, questions, answers: BufReader::new(answers) })
    }

    /// Asks for the hosts, once.
    pub(super) fn ask(&mut self, question: &Json) -> Result<(), ExitError> {
        let mut questions = self.questions.take().ok_or_else(|| broken("it has been asked already"))?;
        writeln!(questions, "{question}").map_err(broken)
    }

    /// Waits for the next reply.
    pub(super) fn reply(&mut self) -> Result<ScriptReply, ExitError> {
        let mut line = String::new();
        self.answers.read_line(&mut line).map_err(broken)?;
        if line.is_empty() {
            return Err(broken("it ended without an answer"));
        }
        serde_json::from_str(&line).map_err(broken)
    }
}

impl Drop for Script {
    /// The script ends when its input is closed before a question.
    fn drop(&mut self) {
        self.questions = None;
        let _ = self.child.wait();
    }
}
